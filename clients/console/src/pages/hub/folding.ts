/** A list that does not move under the eyes of who reads it: what is new is counted until they ask for it. */

export interface Folded<Item> {
  items: Item[]
  /** How many are newer than what is shown. */
  news: number
}

/**
 * Puts what is fresh into what is shown without adding or moving a line.
 *
 * fresh: the first page as it is now, the newest first. Ids are in the order of time.
 */
export function fold<Item extends { id: string }>(shown: readonly Item[], fresh: readonly Item[]): Folded<Item> {
  const now = new Map(fresh.map((item) => [item.id, item]))
  const newest = shown[0]?.id ?? ''
  return {
    items: shown.map((item) => now.get(item.id) ?? item),
    news: fresh.filter((item) => item.id > newest).length,
  }
}
