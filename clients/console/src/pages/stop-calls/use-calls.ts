/** Whom a stop did not reach, looked at again and again, and what staff write down after a call. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { answer, api, Problem } from '@/api/client'
import { usePages } from '@/parts/pages'
import type { Visit } from '../stops/stops'

const EVERY_MS = 5_000
export type Result = 'accepted' | 'chose' | 'released' | 'no_answer'

export function useCalls() {
  const later = ref(false)
  const chosen = ref('')
  const phone = ref<string | null | undefined>(undefined)
  const refusal = ref<Problem | null>(null)
  const isActing = ref(false)
  const saved = ref(false)

  const pages = usePages<Visit>((cursor, limit) =>
    answer(api.GET('/api/v1/stop-calls', { params: { query: { later: later.value, cursor, limit } } })),
  )
  watch(later, () => void pages.restart(), { immediate: true })
  const looking = setInterval(() => void pages.refresh(), EVERY_MS)
  onScopeDispose(() => clearInterval(looking))

  // who is open stays on the screen while the list moves on
  const kept = ref<Visit | null>(null)
  const visit = computed(() => pages.data.value?.items.find(({ id }) => id === chosen.value) ?? kept.value)

  function choose(one: Visit): void {
    chosen.value = one.id
    kept.value = one
    phone.value = undefined
    refusal.value = null
    saved.value = false
  }

  async function act(send: () => Promise<void>): Promise<void> {
    isActing.value = true
    refusal.value = null
    try {
      await send()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
    } finally {
      isActing.value = false
      await pages.refresh()
    }
  }

  const where = () => ({ params: { path: { visit_id: chosen.value } } })

  function showPhone(): Promise<void> {
    return act(async () => {
      phone.value = (await answer(api.POST('/api/v1/stop-calls/{visit_id}/phone', where()))).phone
    })
  }

  function record(result: Result, note: string, alternative?: string): Promise<void> {
    return act(async () => {
      const body = { result, note, alternative_id: alternative }
      kept.value = await answer(api.POST('/api/v1/stop-calls/{visit_id}/results', { ...where(), body }))
      saved.value = true
    })
  }

  return { later, chosen, phone, refusal, isActing, saved, pages, visit, choose, showPhone, record }
}

export type Calls = ReturnType<typeof useCalls>
