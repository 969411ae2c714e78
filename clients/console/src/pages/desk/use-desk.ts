/** The guide's work on one screen: scans, check-ins by name, walk-ins, and what came of each. */
import { onScopeDispose, reactive, ref, watch, type Ref } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { newId } from '@/api/once'
import { BAD, GOOD, KNOWN, sound, wakeSound } from '@/parts/sound'
import { say } from '@/texts'
import { ofMerged, ofVerdict } from './offline/outcomes'
import { isAway, useOffline } from './offline/use-offline'
import { ofPlace, ofProblem, ofScan, ofTicket, type Outcome } from './outcome/outcome'
import { Outbox, type Sent, type Unsent } from './scans/outbox'

const RECENT = 'desk-recent'
const KEPT = 12
const TIMEOUT_MS = 6_000
const SOUNDS = { good: GOOD, known: KNOWN, wait: BAD, bad: BAD }

type Person = Pick<Outcome, 'appointmentId' | 'name' | 'department'>

function keptRecent(): Outcome[] {
  try {
    return JSON.parse(sessionStorage.getItem(RECENT) ?? '[]')
  } catch {
    return []
  }
}

export function useDesk(deskId: Ref<string | null>) {
  const recent = ref<Outcome[]>(keptRecent())
  const shown = ref<Outcome | null>(null)
  const waiting = ref(0)
  const isStuck = ref(false)
  const isBusy = ref(false)
  /** What to do again after a check-in whose answer got lost. */
  const retry = ref<(() => void) | null>(null)

  watch(recent, (outcomes) => sessionStorage.setItem(RECENT, JSON.stringify(outcomes)), { deep: true })

  function show(outcome: Outcome): void {
    shown.value = outcome
    retry.value = null
    if (outcome.kind !== 'problem') recent.value = [outcome, ...recent.value].slice(0, KEPT)
    void wakeSound().then(() => sound(SOUNDS[outcome.tone]))
  }

  // ---- without the network

  /** How many offline scans were sent last, and how many of them need a person; null once that was read. */
  const lastSent = ref<{ count: number; asked: number } | null>(null)

  /** The answer of the server takes the place of what this desk said by itself. */
  function replaceBy(merged: Outcome): void {
    const isThere = recent.value.some((one) => one.key === merged.key)
    if (isThere) recent.value = recent.value.map((one) => (one.key === merged.key ? merged : one))
    else recent.value = [merged, ...recent.value].slice(0, KEPT)
    if (shown.value?.key === merged.key) shown.value = merged
  }

  const offline = useOffline(deskId, {
    show: (told) => show(ofVerdict(told.scanId, told.at, told.verdict, say, told.canCheck)),
    sent: (items) => {
      items.forEach((one) => replaceBy(ofMerged(Date.now(), one)))
      const before = lastSent.value ?? { count: 0, asked: 0 }
      const asked = items.filter((one) => one.is_conflict).length
      lastSent.value = { count: before.count + items.length, asked: before.asked + asked }
    },
    refused: (problem) => show(ofProblem(newId(), Date.now(), problem)),
  })
  watch(
    () => offline.isOffline,
    (isOffline) => isOffline && (lastSent.value = null),
  )

  // ---- scans

  async function send(scan: Unsent): Promise<Sent> {
    try {
      const call = api.POST('/api/v1/desk/scans', { body: scan, signal: AbortSignal.timeout(TIMEOUT_MS) })
      show(ofScan(scan.scan_id, Date.now(), await answer(call)))
    } catch (error) {
      if (isAway(error) && offline.isReady && scan.desk_id === deskId.value) {
        offline.isOffline = true
        await offline.scan(scan.code, scan.scan_id, Date.parse(scan.scanned_at))
        void offline.go()
        return 'answered'
      }
      if (error instanceof DOMException && error.name === 'TimeoutError') return 'open'
      if (!(error instanceof Problem)) throw error
      // signed out: the scan waits for the next sign-in. somebody_was_faster: the same scan may simply be asked again
      if (error.isOpen || [401, 409, 429].includes(error.status)) return 'open'
      show(ofProblem(scan.scan_id, Date.now(), error))
    }
    return 'answered'
  }

  const outbox = new Outbox(send, (count, stuck) => {
    waiting.value = count
    isStuck.value = stuck
  })
  const again = () => void outbox.run()
  addEventListener('online', again)
  onScopeDispose(() => {
    removeEventListener('online', again)
    outbox.stop()
  })
  again()

  let early: string[] = [] // scanned before the desk was known

  function scan(code: string): void {
    shown.value = null
    if (!deskId.value) {
      early.push(code)
      return
    }
    if (offline.isOffline && offline.isReady) void offline.scan(code)
    else outbox.add({ scan_id: newId(), code, desk_id: deskId.value, scanned_at: new Date().toISOString() })
  }

  watch(deskId, (id) => {
    if (!id) return
    const codes = early
    early = []
    codes.forEach(scan)
  })

  // ---- by name

  function said(given: Schemas['DeskTicket']): { message: string; next: string } {
    const { ticket } = given
    const words = { name: ticket.patient.name, department: ticket.department.name, number: ticket.number }
    return { message: say('desk.checkedIn', words), next: say('desk.sendTo', { place: given.place }) }
  }

  /** override: why somebody is let in although a rule says no. */
  async function checkIn(person: Person, override?: string): Promise<void> {
    if (!person.appointmentId || isBusy.value) return
    if (offline.isOffline && offline.isReady) return offline.checkIn(person.appointmentId)
    const body = { appointment_id: person.appointmentId, override: override ? { reason: override } : null }
    isBusy.value = true
    try {
      const given = await answer(api.POST('/api/v1/desk/check-ins', { body }))
      show(ofTicket(Date.now(), given, said(given)))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (isAway(error) && offline.isReady && !override) {
        offline.isOffline = true
        void offline.go()
        return offline.checkIn(person.appointmentId)
      }
      show(ofProblem(newId(), Date.now(), error, person))
      if (error.isOpen) retry.value = () => void checkIn(person, override)
    } finally {
      isBusy.value = false
    }
  }

  /** Shows the place that somebody without an appointment has already. */
  function showTicket(arrival: Schemas['ArrivalView']): void {
    show(ofPlace(newId(), Date.now(), arrival, say('desk.hasNumber', { name: arrival.name, number: arrival.ticket!.number })))
  }

  function registered(given: Schemas['DeskTicket']): void {
    const message = say('desk.given', { name: given.ticket.patient.name, number: given.ticket.number })
    show(ofTicket(Date.now(), given, { ...said(given), message }))
  }

  // ---- what is done about a refused scan

  /** Shows what came of settling a refused scan, in its place. */
  async function settle(refused: Outcome, deed: Promise<Outcome>): Promise<void> {
    isBusy.value = true
    try {
      const outcome = await deed
      if (outcome.kind !== 'problem') recent.value = recent.value.filter((one) => one.key !== refused.key)
      show(outcome)
    } finally {
      isBusy.value = false
    }
  }

  // ---- taking back, and giving another chance

  /** Throws: Problem. */
  async function annul(ticketId: string, reason: string): Promise<void> {
    const path = { check_in_id: ticketId }
    await answer(api.POST('/api/v1/desk/check-ins/{check_in_id}/annulment', { params: { path }, body: { reason, desk_id: deskId.value } }))
    recent.value = recent.value.map((one) => (one.ticketId === ticketId ? { ...one, isAnnulled: true } : one))
    if (shown.value?.ticketId === ticketId) shown.value = null
  }

  /** Lets somebody who missed the call wait again. */
  async function putBack(outcome: Outcome): Promise<void> {
    const ticketId = outcome.ticketId!
    try {
      await answer(api.POST('/api/v1/tickets/{ticket_id}/return', { params: { path: { ticket_id: ticketId } } }))
      const words = { message: say('desk.waitsAgain', { number: outcome.number ?? '' }), next: outcome.next }
      show({ ...outcome, ...words, key: newId(), at: Date.now(), tone: 'good', ticketState: 'waiting' })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      show(ofProblem(newId(), Date.now(), error, outcome))
    }
  }

  const clear = () => (shown.value = null)

  return reactive({
    recent, shown, waiting, isStuck, isBusy, retry, offline, lastSent,
    scan, checkIn, settle, registered, annul, putBack, showTicket, clear, sendAgain: again,
  })
}

export type Desk = ReturnType<typeof useDesk>
