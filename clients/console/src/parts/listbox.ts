/** The keys of a field with a list below it (ARIA's combobox): up and down choose, the field keeps the focus. */
import { computed, ref, useId, watch, type ComputedRef, type Ref } from 'vue'

export interface Listbox {
  /** Index of the chosen one; -1 while none is. */
  active: Ref<number>
  listId: string
  optionId: (index: number) => string
  /** For `aria-activedescendant`. */
  activeId: ComputedRef<string | undefined>
  /** Takes the arrow keys; gives whether it was one. */
  steer: (event: KeyboardEvent) => boolean
}

/** count: how many are in the list; the choice begins anew when it changes. */
export function useListbox(count: () => number): Listbox {
  const active = ref(-1)
  const listId = useId()
  const optionId = (index: number) => `${listId}-${index}`
  const activeId = computed(() => (active.value < 0 ? undefined : optionId(active.value)))
  watch(count, () => (active.value = -1))

  function go(index: number): void {
    active.value = index
    document.getElementById(optionId(index))?.scrollIntoView({ block: 'nearest' })
  }

  function steer(event: KeyboardEvent): boolean {
    const total = count()
    if (event.isComposing || total === 0) return false
    if (event.key === 'ArrowDown') go((active.value + 1) % total)
    else if (event.key === 'ArrowUp') go(active.value <= 0 ? total - 1 : active.value - 1)
    else return false
    event.preventDefault()
    return true
  }

  return { active, listId, optionId, activeId, steer }
}
