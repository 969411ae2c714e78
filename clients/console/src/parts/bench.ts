/** A page with a list and one thing of it open: which one, the way back, and the thing itself. */
import { computed, watch, type ComputedRef, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useFresh } from '@/api/fresh'
import type { Problem } from '@/api/client'
import { useKeys } from './keys'

/** In the address where an id stands, while something new is written. */
export const NEW = 'new'

/** page: its name in the router, with a parameter `id`. */
export function useBench(page: string) {
  const route = useRoute()
  const router = useRouter()
  const openId = computed(() => String(route.params.id ?? '') || undefined)
  const isNew = computed(() => openId.value === NEW)

  async function back(): Promise<void> {
    const left = openId.value
    await router.push({ name: page })
    document.querySelector<HTMLElement>(`a[data-item][href$="${left}"]`)?.focus()
  }

  /** Something new was saved and has an id now. */
  async function opened(id: string): Promise<void> {
    await router.replace({ name: page, params: { id } })
  }

  useKeys((name) => (name === 'Escape' && openId.value && !document.querySelector('dialog[open]') ? () => void back() : null))
  return { openId, isNew, back, opened }
}

export interface OpenRecord<Row> {
  /** Null while it is looked for, and for something new. */
  row: ComputedRef<Row | null>
  problem: Ref<Problem | null>
  refresh: () => Promise<void>
  /** Shows what the server has just said about it. */
  told: (row: Row) => void
}

/** changed: tells the list that something of it is different now. */
export function useRecord<Row extends { id: string }>(
  openId: () => string | undefined,
  ask: (id: string) => Promise<Row>,
  changed: (row: Row) => void,
): OpenRecord<Row> {
  const fresh = useFresh<Row | null>(async () => {
    const id = openId()
    return id && id !== NEW ? ask(id) : null
  })
  watch(
    openId,
    () => {
      fresh.problem.value = null
      void fresh.refresh()
    },
    { immediate: true },
  )
  const row = computed(() => (fresh.data.value?.id === openId() ? fresh.data.value : null))

  function told(now: Row): void {
    fresh.data.value = now
    changed(now)
  }

  return { row, problem: fresh.problem, refresh: fresh.refresh, told }
}
