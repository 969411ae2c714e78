/** Lists that are longer than one answer. */

interface Page<T> {
  items: T[]
  next: string | null
}

/** Read a list to its end; for lists that are short by nature. */
export async function whole<T>(read: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    items.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return items
}
