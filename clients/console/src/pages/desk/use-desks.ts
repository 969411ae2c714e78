/** Which desk this browser stands at: asked once, remembered, easily changed. */
import { computed, ref } from 'vue'
import { answer, api, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'

const NAME = 'desk'

export function useDesks() {
  const desks = useFresh<Schemas['DeskView'][]>(
    async () => (await answer(api.GET('/api/v1/desks', { params: { query: { limit: 100 } } }))).items,
  )
  const chosen = ref(localStorage.getItem(NAME))
  /** Null until one of mine is chosen; who has only one is not asked. */
  const desk = computed(() => {
    const mine = desks.data.value ?? []
    return mine.find((one) => one.id === chosen.value) ?? (mine.length === 1 ? mine[0]! : null)
  })
  /** Known at once after a reload, before the list of desks has come. */
  const deskId = computed(() => desk.value?.id ?? (desks.data.value ? null : chosen.value))

  function choose(id: string): void {
    chosen.value = id
    localStorage.setItem(NAME, id)
  }

  void desks.refresh()
  return { desks, desk, deskId, choose }
}
