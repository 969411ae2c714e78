/** A list that comes in pages: the newest first, more at the end of what is shown. */
import { onReachBottom } from '@dcloudio/uni-app'
import { computed, reactive, ref, shallowRef } from 'vue'
import { asProblem, type Problem } from '../api/client'
import { useLoad } from './load'

interface Page<T> {
  items: T[]
  next: string | null
}

/** Put the newest page before what was read further down; ids grow with time, so they tell the order. */
export function joined<T extends { id: string }>(page: Page<T>, before: T[]): T[] {
  const last = page.items[page.items.length - 1]
  if (page.next === null || !last) return page.items
  const further = before.filter(({ id }) => id < last.id)
  // without a link between the two, something in the middle would be missing
  const isLinked = before.some(({ id }) => page.items.some((one) => one.id === id))
  return isLinked ? [...page.items, ...further] : page.items
}

/** Read the first page as `useLoad` does, the others when the reader comes to the bottom. */
export function useFeed<T extends { id: string }>(read: (cursor?: string) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([])
  const next = ref<string | null>(null)
  const isReadingOn = ref(false)
  const troubleBelow = shallowRef<Problem | null>(null)

  const first = useLoad(async () => {
    const page = await read()
    const all = joined(page, items.value)
    if (all.length === page.items.length) next.value = page.next
    items.value = all
    troubleBelow.value = null
    return page
  })

  async function readOn(): Promise<void> {
    const cursor = next.value
    if (cursor === null || isReadingOn.value) return
    isReadingOn.value = true
    try {
      const page = await read(cursor)
      if (cursor !== next.value) return // the list began anew meanwhile
      items.value = [...items.value, ...page.items]
      next.value = page.next
      troubleBelow.value = null
    } catch (thrown) {
      troubleBelow.value = asProblem(thrown)
    } finally {
      isReadingOn.value = false
    }
  }
  onReachBottom(() => void readOn())

  /** Show one item as it is now. */
  function replace(item: T): void {
    items.value = items.value.map((one) => (one.id === item.id ? item : one))
  }

  const hasMore = computed(() => next.value !== null)
  return reactive({ first, items, hasMore, isReadingOn, troubleBelow, readOn, replace })
}
