/** Who waits for what, looked at again and again, and what staff do for somebody who calls. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'

export type Entry = Schemas['WaitlistLineEntry']
export type Session = Schemas['WaitlistSession']

const EVERY_MS = 5_000

/** `all`, `offered`, or the id of a session. */
export type Chosen = string

export function useWaitlist() {
  const chosen = ref<Chosen>('all')
  /** When the entries were read, by this machine: what is left of an offer counts from there. */
  const readAt = ref(Date.now())

  const sessions = useFresh(async () => (await answer(api.GET('/api/v1/desk/waitlist/sessions'))).items)
  const line = useFresh(async () => {
    const query = chosen.value === 'offered' ? { offered: true } : chosen.value === 'all' ? {} : { session: chosen.value }
    const { items } = await answer(api.GET('/api/v1/desk/waitlist', { params: { query } }))
    readAt.value = Date.now()
    return items
  })

  async function refresh(): Promise<void> {
    await Promise.all([sessions.refresh(), line.refresh()])
  }
  watch(chosen, () => {
    line.data.value = null
    void line.refresh()
  })
  void refresh()
  const looking = setInterval(() => void refresh(), EVERY_MS)
  onScopeDispose(() => clearInterval(looking))

  const refusal = ref<Problem | null>(null)
  const isActing = ref(false)

  /** Do something; gives whether it was done. What was refused is shown in the server's words. */
  async function act(send: () => Promise<unknown>): Promise<boolean> {
    isActing.value = true
    refusal.value = null
    try {
      await send()
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
      return false
    } finally {
      isActing.value = false
      await refresh()
    }
  }

  const where = (entry: Entry) => ({ params: { path: { entry_id: entry.id } } })
  const acts = {
    accept: (entry: Entry) => act(() => answer(api.POST('/api/v1/desk/waitlist/{entry_id}/acceptance', { ...where(entry), body: {} }))),
    decline: (entry: Entry) => act(() => answer(api.POST('/api/v1/desk/waitlist/{entry_id}/declining', { ...where(entry), body: {} }))),
    withdraw: (entry: Entry, reason: string) =>
      act(() => answer(api.POST('/api/v1/desk/waitlist/{entry_id}/withdrawal', { ...where(entry), body: { reason } }))),
    prioritise: (entry: Entry, reason: string, priority: number) =>
      act(() => answer(api.POST('/api/v1/desk/waitlist/{entry_id}/priority', { ...where(entry), body: { priority, reason } }))),
    join: (session: string, patient: string) =>
      act(() => answer(api.POST('/api/v1/desk/waitlist', { body: { session_ids: [session], patient_id: patient } }))),
  }

  const problem = computed(() => line.problem.value ?? sessions.problem.value)
  return { chosen, readAt, sessions: sessions.data, line: line.data, problem, refresh, refusal, isActing, acts }
}

export type Waitlist = ReturnType<typeof useWaitlist>

/** `11-22 09:00–12:00`, of a day as the server writes it. */
export function timesOf(from: string, to: string): string {
  return `${from.slice(5, 10)} ${from.slice(11, 16)}–${to.slice(11, 16)}`
}

/** What is left of an offer: `01:52:05`, `12:05`. */
export function leftOf(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const whole = Math.max(Math.floor(seconds), 0)
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
  return whole >= 3600 ? `${two(Math.floor(whole / 3600))}:${rest}` : rest
}
