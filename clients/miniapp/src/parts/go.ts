/** Going from page to page. */

export function open(page: string, values: Record<string, string> = {}): void {
  const query = Object.entries(values).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  void uni.navigateTo({ url: `/pages/${page}/${page}${query ? `?${query}` : ''}` })
}

/** Go to one of the four tabs. */
export function openTab(page: 'home' | 'appointments' | 'messages' | 'me'): void {
  void uni.switchTab({ url: `/pages/${page}/${page}` })
}

/** Go back; home when the page was opened by its address. */
export function back(): void {
  if (getCurrentPages().length > 1) void uni.navigateBack()
  else openTab('home')
}
