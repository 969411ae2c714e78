/** How a complaint stands, for whoever works on it. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Complaint = Schemas['StaffComplaintView']
export type Detail = Schemas['StaffComplaintDetail']

export const STATES = [
  'received',
  'triaged',
  'assigned',
  'responded',
  'investigating',
  'waiting_patient',
  'answered',
  'reopened',
  'confirmed_closed',
  'closed_no_reply',
  'closed_disagreed',
  'withdrawn',
  'merged',
] as const

export type ListFilter = 'open' | 'closed' | '' | (typeof STATES)[number]

const TONES: Record<string, Tone> = {
  responded: 'known',
  investigating: 'known',
  waiting_patient: 'wait',
  answered: 'wait',
  reopened: 'call',
  confirmed_closed: 'good',
}

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'quiet'
}

/** Nobody has said that they take it: its alerts still sound. */
export function isUntaken(complaint: Complaint): boolean {
  return complaint.clocks.some((hand) => hand.clock === 'acknowledgement' && hand.seconds_left !== null)
}

/** Whether a list in this state is put in the order of need: ended ones need nobody. */
export function isUrgentOrder(filter: ListFilter): boolean {
  return filter !== '' && filter !== 'closed' && !/^(confirmed_|closed_|withdrawn|merged)/.test(filter)
}
