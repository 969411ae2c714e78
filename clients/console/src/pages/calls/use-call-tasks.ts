/** The call list, looked at again and again; taking a task, seeing the number, writing down what came of it. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { hospitalMoment } from '@/parts/moments'
import { usePages } from '@/parts/pages'

const EVERY_MS = 5_000
export type CallTask = Schemas['CallTaskView']
export type CallResult = Schemas['CallResultForm']['result']
export type Said = Schemas['SaidView']
export type Shown = 'today' | 'all' | 'ended'

/** They end every follow-up of the patient: asked about twice. */
export const FINAL: CallResult[] = ['refused_all', 'deceased']
/** One click away; the others are behind «more». */
export const USUAL: CallResult[] = ['reached', 'booked', 'agreed', 'not_reached', 'call_later']

export function useCallTasks(openId: () => string | undefined) {
  const shown = ref<Shown>('today')
  const phone = ref<string | null>(null)
  const refusal = ref<Problem | null>(null)
  const isActing = ref(false)
  const saved = ref(false)
  const answers = ref<Said[]>([])
  const kept = ref<CallTask | null>(null)

  const pages = usePages<CallTask>((cursor, limit) => {
    const query = shown.value === 'ended' ? { ended: '1' as const, cursor, limit } : { due: shown.value, cursor, limit }
    return answer(api.GET('/api/v1/calls', { params: { query } }))
  })
  watch(shown, () => void pages.restart(), { immediate: true })
  const looking = setInterval(() => void pages.refresh(), EVERY_MS)
  onScopeDispose(() => clearInterval(looking))

  // who is open stays on the screen while the list moves on
  const task = computed(() => {
    const id = openId()
    if (!id) return null
    return pages.data.value?.items.find((one) => one.id === id) ?? (kept.value?.id === id ? kept.value : null)
  })
  watch(openId, (id) => {
    phone.value = null
    refusal.value = null
    saved.value = false
    answers.value = []
    if (id && kept.value?.id !== id) void look(id)
  }, { immediate: true })

  const where = (id: string) => ({ params: { path: { call_id: id } } })

  function look(id: string): Promise<void> {
    return act(async () => { kept.value = await answer(api.GET('/api/v1/calls/{call_id}', where(id))) })
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

  function dial(one: CallTask): Promise<void> {
    return act(async () => {
      kept.value = await answer(api.POST('/api/v1/calls/{call_id}/claim', where(one.id)))
      answers.value = (await answer(api.GET('/api/v1/calls/{call_id}/answers', where(one.id)))).items
      phone.value = (await answer(api.POST('/api/v1/calls/{call_id}/phone-view', where(one.id)))).phone
    })
  }

  function release(one: CallTask): Promise<void> {
    return act(async () => {
      kept.value = await answer(api.POST('/api/v1/calls/{call_id}/release', where(one.id)))
      phone.value = null
    })
  }

  function record(one: CallTask, result: CallResult, note: string, again: string): Promise<void> {
    return act(async () => {
      const body = { result, note, again_at: again ? hospitalMoment(again) : null }
      kept.value = await answer(api.POST('/api/v1/calls/{call_id}/result', { ...where(one.id), body }))
      phone.value = null
      saved.value = true
    })
  }

  return { shown, pages, task, phone, answers, refusal, isActing, saved, dial, release, record }
}

export type CallTasks = ReturnType<typeof useCallTasks>
