/** One complaint on the screen, and what is done with it. */
import { computed, ref, watch } from 'vue'
import { answer, api, Problem } from '@/api/client'
import { useFresh, type Fresh } from '@/api/fresh'
import type { Act, Steps } from './acts'
import { seen, type Seen } from './clocks'
import type { Detail } from './states'

type Post = (path: string, how: object) => Promise<{ data?: unknown; response: Response; error?: unknown }>

/** id: which one is open. changed: tells the list after something was done here. */
export function useComplaint(id: () => string | undefined, changed: () => void) {
  const fresh: Fresh<Seen<Detail> | null> = useFresh<Seen<Detail> | null>(async () => {
    const wanted = id()
    if (!wanted) return null
    const path = { complaint_id: wanted }
    const found = (await answer(api.GET('/api/v1/complaints/{complaint_id}', { params: { path } }))) as Detail
    const shown = fresh.data.value
    // a look that began before something was done here must not bring back what was before
    return shown?.id === found.id && shown.version > found.version ? shown : seen(found)
  })
  const complaint = computed(() => (fresh.data.value?.id === id() ? fresh.data.value : null))
  const acting = ref('')
  const refusal = ref<Problem | null>(null)
  let again: () => Promise<unknown> = async () => undefined

  watch(
    id,
    () => {
      refusal.value = null
      fresh.problem.value = null
      void fresh.refresh()
    },
    { immediate: true },
  )

  async function post(step: string, body: unknown): Promise<unknown> {
    const how = {
      params: { path: { complaint_id: complaint.value!.id } },
      headers: { 'If-Match': String(complaint.value!.version) },
      ...(body === undefined ? {} : { body }),
    }
    return answer((api.POST as unknown as Post)(`/api/v1/complaints/{complaint_id}/${step}`, how))
  }

  /** Gives whether it was done; otherwise `refusal` says why not, and what is shown is fresh. */
  const act: Act = async <Step extends keyof Steps>(step: Step, body: Steps[Step]) => {
    acting.value = step
    refusal.value = null
    again = () => act(step, body)
    try {
      fresh.data.value = seen((await post(step, body)) as Detail)
      changed()
      return true
    } catch (error) {
      await refused(error)
      return false
    } finally {
      acting.value = ''
    }
  }

  /** Gives the whole phone number, which leaves a trace; null when it was refused. */
  async function seePhone(reason: string): Promise<string | null> {
    acting.value = 'phone-view'
    refusal.value = null
    again = async () => undefined
    try {
      return ((await post('phone-view', { reason })) as { phone: string }).phone
    } catch (error) {
      await refused(error)
      return null
    } finally {
      acting.value = ''
    }
  }

  async function refused(error: unknown): Promise<void> {
    if (!(error instanceof Problem)) throw error
    refusal.value = error
    if (!error.isOpen) await fresh.refresh()
  }

  return { complaint, problem: fresh.problem, refresh: fresh.refresh, acting, refusal, act, seePhone, again: () => again() }
}

export type OpenComplaint = ReturnType<typeof useComplaint>
