/** A complaint as its patient follows it: how far it is, and what is promised until when. */
import { get, once, type Schema } from '../api/client'
import { dayAfter, dayOf, nearDay, shortDay, timeOf } from '../texts/times'

export type Complaint = Schema<'PatientComplaintView'>
export type Entry = Schema<'PatientEntryView'>

const PAGE = 20
const STEPS = ['received', 'assigned', 'responded', 'answered', 'closed'] as const

export interface Step {
  key: (typeof STEPS)[number]
  stands: 'done' | 'now' | 'later'
  /** When it was, or until when it is promised. */
  at: string | null
  /** The promise is broken. */
  isLate: boolean
}

/** The last step that is done; a state that is missing here ended on another way. */
const REACHED: Record<string, number> = {
  received: 0,
  triaged: 0,
  reopened: 0,
  assigned: 1,
  responded: 2,
  investigating: 2,
  waiting_patient: 2,
  answered: 3,
  confirmed_closed: 4,
}

/** The way of a complaint in five steps; none where it ended without an agreement. */
export function stepsOf(complaint: Complaint, now = Date.now()): Step[] {
  const reached = REACHED[complaint.state]
  if (reached === undefined) return []
  const known: Partial<Record<Step['key'], string | null>> = {
    received: complaint.received_at,
    responded: complaint.response_due_at,
    answered: complaint.answer_due_at,
    closed: complaint.closed_at,
  }
  return STEPS.map((key, index) => {
    const stands = index <= reached ? 'done' : index === reached + 1 ? 'now' : 'later'
    const isPromise = key === 'responded' || key === 'answered'
    // a promise that is kept is over, also while our words are still on their way
    const at = stands === 'done' && isPromise ? null : (known[key] ?? null)
    return { key, stands, at, isLate: stands !== 'done' && at !== null && Date.parse(at) < now }
  })
}

export function toneOf({ state, closed_at: closedAt }: Complaint): 'wait' | 'good' | 'known' | 'plain' {
  if (state === 'answered' || state === 'waiting_patient') return 'wait' // it is the patient's turn
  if (state === 'confirmed_closed') return 'good'
  return closedAt ? 'plain' : 'known'
}

/** A moment within a sentence: `15:20`, `明天 09:00`, `tomorrow 09:00`, `3月9日 09:00`. */
export function soon(moment: string): string {
  const day = dayOf(moment)
  const time = timeOf(moment)
  if (day === dayOf()) return time
  return `${day === dayAfter(dayOf(), 1) ? nearDay(day).toLowerCase() : shortDay(day)} ${time}`
}

// one path serves patients and staff; a patient's token gets the patient's view
export async function complaints(cursor?: string) {
  const page = await get('/api/v1/complaints', { query: { limit: PAGE, cursor } })
  return { items: page.items as Complaint[], next: page.next }
}
/** Whether the identity is sealed, and who has opened it. */
export async function openings(id: string): Promise<Schema<'OpeningList'>> {
  return get('/api/v1/complaints/{complaint_id}/openings', { path: { complaint_id: id } })
}
export async function complaint(id: string): Promise<Complaint> {
  return (await get('/api/v1/complaints/{complaint_id}', { path: { complaint_id: id } })) as Complaint
}
export async function complain(text: string, appointment: string, wantsContact: boolean, files: string[], isSealed = false): Promise<Complaint> {
  const body = {
    text,
    topic: '',
    patient_name: '',
    appointment_id: appointment || null,
    wants_contact: wantsContact,
    is_sealed: isSealed,
    attachment_ids: files,
  }
  return (await once('/api/v1/complaints', body)) as Complaint
}
