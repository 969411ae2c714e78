/** What somebody's arrival came to, whichever way they came: what the big panel shows. Pure. */
import type { Problem } from '@/api/problem'
import type { Schemas } from '@/api/client'

export type Tone = 'good' | 'known' | 'wait' | 'bad'

export interface Outcome {
  /** Of the scan or the call; unique on this screen. */
  key: string
  /** When it came, in milliseconds. */
  at: number
  tone: Tone
  kind: 'accepted' | 'already' | 'refused' | 'problem'
  reason: string | null
  number: string | null
  name: string | null
  department: string | null
  /** Where to wait. */
  place: string | null
  ahead: number | null
  wait: Schemas['DeskTicket']['wait']
  /** What happened, in the server's words. */
  message: string
  /** What to do now, in the server's words. */
  next: string
  appointmentId: string | null
  patientId: string | null
  /** The scan that the server keeps; none for who was not scanned. */
  scanId?: string | null
  /** What may be done about a refusal, in the server's words: override, move, show_way. */
  acts?: string[]
  /** Where somebody belongs who came to the wrong department. */
  right?: Schemas['ScanView']['right']
  /** A move to the right department that needs a reason. */
  isMove?: boolean
  ticketId: string | null
  ticketState: string | null
  /** Help that the age suggests. */
  suggested: string[]
  /** How to come to the fever clinic, of who is feverish; empty: nobody has written it down. */
  feverWay: string | null
  isAnnulled: boolean
  /** Judged by this desk itself, while the server was away. */
  isOffline?: boolean
}

/** What may be let in with a reason; the server has the last word. */
export const EXCUSABLE = ['wrong_day', 'too_early', 'too_late']
const TO_FIND = ['unknown_code', 'forged', 'code_expired']
const TO_REGISTER = ['wrong_day', 'too_late', 'cancelled', 'session_stopped']
/** Red: nothing comes of it. Amber: something else is to be done. */
const BAD = ['unknown_code', 'forged', 'cancelled', 'session_stopped']

/** An outcome of which nothing is known yet. */
export const NOTHING = {
  reason: null,
  number: null,
  name: null,
  department: null,
  place: null,
  ahead: null,
  wait: null,
  message: '',
  next: '',
  appointmentId: null,
  patientId: null,
  ticketId: null,
  ticketState: null,
  suggested: [],
  feverWay: null,
  isAnnulled: false,
}

function refusal(reason: string | null): Pick<Outcome, 'kind' | 'tone' | 'reason'> {
  return { kind: 'refused', tone: BAD.includes(reason ?? '') ? 'bad' : 'wait', reason }
}

export function ofScan(key: string, at: number, scan: Schemas['ScanView']): Outcome {
  const { appointment, ticket } = scan
  const judged =
    scan.outcome === 'accepted'
      ? ({ kind: 'accepted', tone: 'good', reason: null } as const)
      : scan.outcome === 'already_checked_in'
        ? ({ kind: 'already', tone: 'known', reason: null } as const)
        : refusal(scan.reason)
  return {
    ...NOTHING,
    ...judged,
    key,
    at,
    number: ticket?.number ?? null,
    name: appointment?.patient_name ?? null,
    department: ticket?.department ?? appointment?.department ?? null,
    place: ticket?.place ?? null,
    ahead: ticket?.ahead ?? null,
    wait: ticket?.wait ?? null,
    message: scan.message,
    next: scan.next_step,
    scanId: key,
    acts: scan.acts,
    right: scan.right,
    appointmentId: appointment?.id ?? null,
    patientId: appointment?.patient_id ?? null,
    ticketId: ticket?.id ?? null,
    ticketState: ticket?.state ?? null,
  }
}

/** words: what is said about it and what to do, for the API gives a ticket by name without sentences. */
export function ofTicket(at: number, given: Schemas['DeskTicket'], words: { message: string; next: string }): Outcome {
  const { ticket } = given
  return {
    ...NOTHING,
    ...words,
    key: `${ticket.id}:${at}`,
    at,
    kind: 'accepted',
    tone: 'good',
    number: ticket.number,
    name: ticket.patient.name,
    department: ticket.department.name,
    place: given.place,
    ahead: given.ahead,
    wait: given.wait,
    appointmentId: ticket.appointment_id,
    patientId: ticket.patient.id,
    ticketId: ticket.id,
    ticketState: ticket.state,
    suggested: given.suggested_flags,
    feverWay: given.fever_way,
  }
}

/** Of somebody on the list who stands in the queue already, without an appointment. */
export function ofPlace(key: string, at: number, arrival: Schemas['ArrivalView'], message: string): Outcome {
  const { ticket } = arrival
  return {
    ...NOTHING,
    key,
    at,
    message,
    kind: 'already',
    tone: 'known',
    number: ticket?.number ?? null,
    name: arrival.name,
    department: arrival.department,
    patientId: arrival.patient_id,
    ticketId: ticket?.id ?? null,
    ticketState: ticket?.state ?? null,
  }
}

/** about: what was known of the person before the call. */
export function ofProblem(key: string, at: number, problem: Problem, about: Partial<Outcome> = {}): Outcome {
  const common = { ...NOTHING, ...about, key, at, message: problem.message, next: '', isAnnulled: false }
  if (problem.code !== 'check_in_refused') return { ...common, kind: 'problem', tone: 'bad', reason: problem.code }
  const reason = String(problem.data.reason ?? '')
  const ticketId = typeof problem.data.ticket_id === 'string' ? problem.data.ticket_id : null
  if (reason === 'already_checked_in') return { ...common, kind: 'already', tone: 'known', reason: null, ticketId }
  return { ...common, ...refusal(reason) }
}

/** Whether the guide may let this person in with a reason. */
export function isExcusable(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && !outcome.isOffline && outcome.appointmentId !== null && EXCUSABLE.includes(outcome.reason ?? '')
}

export function isToFind(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && TO_FIND.includes(outcome.reason ?? '')
}

export function isToRegister(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && !outcome.isOffline && TO_REGISTER.includes(outcome.reason ?? '')
}

/** Whether it can be taken back: somebody was let in by it, and waits still as far as this screen knows. */
export function isAnnullable(outcome: Outcome): boolean {
  return outcome.kind === 'accepted' && outcome.ticketId !== null && !outcome.isAnnulled
}
