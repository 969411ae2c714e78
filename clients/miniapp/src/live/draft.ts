/** What somebody has begun to write: kept on the phone through a reload, until it is sent. */

const KEPT_MS = 7 * 86_400_000 // a survey is open that long

interface Draft {
  since: number
  value: unknown
}

function stored(name: string): string {
  return `draft-${name}`
}

export function keepDraft(name: string, value: unknown): void {
  uni.setStorageSync(stored(name), { since: Date.now(), value } satisfies Draft)
}

export function dropDraft(name: string): void {
  uni.removeStorageSync(stored(name))
}

/** Give what was kept over the blank form, so that a field which is new since then is there as well. */
export function draftOf<T extends object>(name: string, blank: T): T {
  const draft: unknown = uni.getStorageSync(stored(name))
  if (typeof draft !== 'object' || draft === null || !('value' in draft) || !('since' in draft)) return blank
  if (Number(draft.since) < Date.now() - KEPT_MS) {
    dropDraft(name)
    return blank
  }
  return { ...blank, ...(draft.value as Partial<T>) }
}
