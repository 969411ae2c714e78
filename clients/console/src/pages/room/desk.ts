/** A room at work: its day, kept fresh by the stream of the queue, and what can be done, each act once at a time. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { useStream } from '@/api/live'
import { useHospitalClock } from '@/parts/hospitalClock'
import { sound } from '@/parts/sound'
import { arrivalOf, lineOf, needsHelp, withAnswer, type Day, type Ticket } from './line'
import type { Room } from './rooms'

export type Step = 'recall' | 'start' | 'pass-over' | 'return' | 'undo' | 'informed'
type Forms = {
  hold: Schemas['StepAsideForm']
  stage: Schemas['StageForm']
  transfer: Schemas['TransferForm']
  leaving: Schemas['LeavingForm']
  finish: Schemas['FinishForm']
}
export type FormAct = keyof Forms
export type Act = Step | FormAct | 'call' | 'forward' | 'pause' | 'resume'

const ARRIVED: [number, number][] = [[660, 0.16], [880, 0.3]]
const URGENT: [number, number][] = [[880, 0.16], [660, 0.16], [880, 0.16], [660, 0.3]]
const HELP: [number, number][] = [[780, 0.12], [780, 0.22]]
const NEWS_MS = 12_000
const PATIENCE_MS = 3_000 // a connection that is cut and back within it is nobody's worry

export type Desk = ReturnType<typeof useDesk>

export function useDesk(room: Room) {
  const clock = useHospitalClock()
  const fresh = useFresh(async () => {
    const day = await answer(api.GET('/api/v1/rooms/{room_id}/day', { params: { path: { room_id: room.id } } }))
    clock.set(day.at)
    return day
  })
  const { refresh } = fresh
  const day = fresh.data
  const line = computed(() => day.value && lineOf(day.value))
  void refresh()

  // ---- what happens elsewhere ----

  const isLive = useStream(`/api/v1/queues/${room.department.id}/events`, {
    hear: () => void refresh(),
    restart: () => void refresh(),
  })
  const isLost = ref(false)
  let losing: ReturnType<typeof setTimeout> | undefined
  watch(
    isLive,
    (live) => {
      clearTimeout(losing)
      if (live) isLost.value = false
      else losing = setTimeout(() => (isLost.value = true), PATIENCE_MS)
    },
    { immediate: true },
  )

  const news = ref<ReturnType<typeof arrivalOf>>(null)
  let forgetting: ReturnType<typeof setTimeout> | undefined
  watch(day, (after: Day | null, before: Day | null) => {
    const arrival = after && before && arrivalOf(before, after)
    if (!arrival) {
      const next = after && lineOf(after).next
      if (before && next && next.id !== before.next_id && needsHelp(next)) sound(HELP, 0.12)
      return
    }
    news.value = arrival
    sound(arrival.kind === 'urgent' ? URGENT : ARRIVED, 0.12)
    clearTimeout(forgetting)
    forgetting = setTimeout(() => (news.value = null), NEWS_MS)
  })
  onScopeDispose(() => {
    clearTimeout(losing)
    clearTimeout(forgetting)
  })

  // ---- what we do ----

  const acting = ref<Act | null>(null)
  const problem = ref<Problem | null>(null)

  /** Does one thing and reads the day anew. Returns whether it was done; why not is in `problem`. */
  async function act(name: Act, call: () => Promise<Schemas['TicketView'] | null>): Promise<boolean> {
    if (acting.value) return false
    acting.value = name
    problem.value = null
    try {
      const ticket = await call()
      if (ticket && day.value) day.value = withAnswer(day.value, ticket)
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      return false
    } finally {
      await refresh() // also after a refusal: what we saw is no longer so
      acting.value = null
    }
  }

  function callNext(): Promise<boolean> {
    news.value = null
    return act('call', async () => {
      await answer(api.POST('/api/v1/rooms/{room_id}/calls', { params: { path: { room_id: room.id } } }))
      return null
    })
  }

  function pause(body: Schemas['RoomPauseForm']): Promise<boolean> {
    return act('pause', async () => {
      await answer(api.POST('/api/v1/rooms/{room_id}/pause', { params: { path: { room_id: room.id } }, body }))
      return null
    })
  }

  function resume(): Promise<boolean> {
    return act('resume', async () => {
      await answer(api.POST('/api/v1/rooms/{room_id}/resume', { params: { path: { room_id: room.id } } }))
      return null
    })
  }

  /** Asks the next ones to the door. */
  function askForward(): Promise<boolean> {
    return act('forward', async () => {
      await answer(api.POST('/api/v1/rooms/{room_id}/ready', { params: { path: { room_id: room.id } } }))
      return null
    })
  }

  /** What every act on a ticket sends: which one, and the version that was seen. */
  function on(ticket: Ticket) {
    return { params: { path: { ticket_id: ticket.id } }, headers: { 'If-Match': `"${ticket.version}"` } }
  }

  function step(name: Step, ticket: Ticket): Promise<boolean> {
    return act(name, async () => (await answer(api.POST(`/api/v1/tickets/{ticket_id}/${name}`, on(ticket)))).ticket)
  }

  function send<Name extends FormAct>(name: Name, ticket: Ticket, body: Forms[Name]): Promise<boolean> {
    return act(name, async () => {
      const path = `/api/v1/tickets/{ticket_id}/${name}` as '/api/v1/tickets/{ticket_id}/finish'
      const answered = (await answer(api.POST(path, { ...on(ticket), body: body as Forms['finish'] }))).ticket
      return answered.id === ticket.id ? answered : null // a transfer gives the new ticket
    })
  }

  return { day, line, now: clock.now, look: fresh, isLost, news, acting, problem, callNext, askForward, pause, resume, step, send }
}
