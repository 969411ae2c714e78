/** A list that comes page by page and is asked for again as far as it was shown. */
import { ref, type Ref } from 'vue'
import { useFresh, type Fresh } from '@/api/fresh'

export interface Page<Item> {
  items: Item[]
  next: string | null
}

const PAGE = 30
const MOST = 100 // what the server gives at once

export interface Pages<Item> extends Fresh<Page<Item>> {
  /** Shows one page more. */
  more: () => Promise<void>
  /** Begins anew with the first page. */
  restart: () => Promise<void>
  wanted: Ref<number>
}

/**
 * Makes such a list of what `ask` gives from a cursor on.
 *
 * arrange: puts what was found into another order. size: how many are shown at first, and come with each `more`.
 */
export function usePages<Item extends { id: string }>(
  ask: (cursor: string | undefined, limit: number) => Promise<Page<Item>>,
  arrange: (page: Page<Item>) => Page<Item> = (page) => page,
  size = PAGE,
): Pages<Item> {
  const wanted = ref(size)

  const fresh = useFresh(async () => {
    const found = new Map<string, Item>() // what moved between two pages is shown once
    let next: string | null = null
    do {
      const page: Page<Item> = await ask(next ?? undefined, Math.min(wanted.value - found.size, MOST))
      for (const item of page.items) found.set(item.id, item)
      next = page.items.length > 0 ? page.next : null
    } while (next && found.size < wanted.value)
    return arrange({ items: [...found.values()], next })
  })

  async function more(): Promise<void> {
    wanted.value += size
    await fresh.refresh()
  }

  async function restart(): Promise<void> {
    wanted.value = size
    await fresh.refresh()
  }

  return { ...fresh, more, restart, wanted }
}
