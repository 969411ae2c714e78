/** What an appointment means to its patient. */
import type { Schema } from '../api/client'
import { t } from '../texts'
import { dayOf } from '../texts/times'

export type Appointment = Schema<'AppointmentView'>
export type Tone = 'plain' | 'good' | 'known' | 'wait' | 'bad' | 'brand'

const TONES: Record<Appointment['status'], Tone> = {
  held: 'wait',
  booked: 'brand',
  checked_in: 'good',
  in_service: 'known',
  completed: 'plain',
  expired: 'plain',
  cancelled: 'plain',
  rescheduled: 'plain',
  no_show: 'bad',
  left: 'plain',
}

export function toneOf(status: Appointment['status']): Tone {
  return TONES[status]
}

/** Something is still to come of it. */
export function isComing({ status }: Appointment): boolean {
  return ['held', 'booked', 'checked_in', 'in_service'].includes(status)
}

/** The patient stands in a queue or is with the doctor. */
export function isThere({ status }: Appointment): boolean {
  return status === 'checked_in' || status === 'in_service'
}

export function isToday({ slot }: Appointment): boolean {
  return dayOf(slot.starts_at) === dayOf()
}

/** What comes first, first. */
export function bySlot(one: Appointment, other: Appointment): number {
  return Date.parse(one.slot.starts_at) - Date.parse(other.slot.starts_at)
}

/** No doctor is named until the desk names one. */
export function isUnnamed({ is_any, status }: Appointment): boolean {
  return is_any && (status === 'held' || status === 'booked')
}

export function doctorOf(visit: Appointment): string {
  if (isUnnamed(visit)) return t('hold.anyLater')
  return [visit.practitioner.name, visit.practitioner.title].filter(Boolean).join(' ')
}

/** Where to go. Without a doctor there is no room yet, only the way to the department. */
export function whereOf(visit: Appointment): string {
  return isUnnamed(visit) && visit.room ? visit.location.replace(visit.room.name, '').trim() : visit.location
}
