/** Moving in a list of links without the mouse: j, k, arrows, Home, End. Enter opens, as links do. */

const STEPS: Record<string, (at: number, last: number) => number> = {
  j: (at, last) => Math.min(at + 1, last),
  ArrowDown: (at, last) => Math.min(at + 1, last),
  k: (at) => Math.max(at - 1, 0),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
}

/** Gives where a key leads to from a place in a list of `count`; null where it leads nowhere. */
export function placeAfter(key: string, at: number, count: number): number | null {
  const step = STEPS[key]
  return step && count > 0 ? step(at, count - 1) : null
}

/** Moves the focus among the links of the list that got the key. Letters count only there, so nobody's typing is taken. */
export function moveInList(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('a[data-item]')]
  const place = placeAfter(event.key, links.indexOf(document.activeElement as HTMLElement), links.length)
  if (place === null) return
  event.preventDefault()
  links[place]!.focus()
}
