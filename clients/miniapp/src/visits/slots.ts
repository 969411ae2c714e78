/** A day's places, as a person looks for them: by half-day, then by doctor. Pure but for the words. */
import type { Schema } from '../api/client'
import { t } from '../texts'
import { dayOf, nearDay, timeOf } from '../texts/times'

export type Slot = Schema<'SlotView'>
export type Half = 'morning' | 'afternoon' | 'evening'

export interface Clinic {
  id: string
  departmentId: string
  practitionerId: string
  practitioner: string
  visitType: string
  slots: Slot[]
}

export interface HalfDay {
  half: Half
  clinics: Clinic[]
}

function halfOf(slot: Slot): Half {
  const time = timeOf(slot.starts_at)
  if (time < '12:00') return 'morning'
  return time < '18:00' ? 'afternoon' : 'evening'
}

/** Group the slots of one day; what has passed is left out. */
export function halvesOf(slots: Slot[]): HalfDay[] {
  const halves: HalfDay[] = []
  for (const slot of slots) {
    if (slot.status === 'closed') continue
    const half = halfOf(slot)
    let group = halves.find((one) => one.half === half)
    if (!group) halves.push((group = { half, clinics: [] }))
    let clinic = group.clinics.find((one) => one.id === slot.session_id)
    if (!clinic) {
      clinic = {
        id: slot.session_id,
        departmentId: slot.department_id,
        practitionerId: slot.practitioner_id,
        practitioner: slot.practitioner_name,
        visitType: slot.visit_type,
        slots: [],
      }
      group.clinics.push(clinic)
    }
    clinic.slots.push(slot)
  }
  return halves
}

/** How many places a day still has; null: no clinic at all. */
export function placesOn(slots: Slot[]): number | null {
  const offered = slots.filter((slot) => slot.status !== 'closed' && slot.status !== 'stopped')
  return offered.length ? offered.reduce((sum, slot) => sum + (slot.status === 'open' ? slot.available : 0), 0) : null
}

/** Sort slots by their day. */
export function byDay(slots: Slot[]): Map<string, Slot[]> {
  const days = new Map<string, Slot[]>()
  for (const slot of slots) {
    const day = dayOf(slot.starts_at)
    const there = days.get(day)
    if (there) there.push(slot)
    else days.set(day, [slot])
  }
  return days
}

/** The times of a day with any doctor, of one type of visit. */
export interface AnyDoctor {
  visitType: string
  departmentId: string
  times: { startsAt: string; places: number }[]
}

/** When any doctor will do: by type of visit, only where there is a choice between doctors. */
export function anyDoctors(slots: Slot[]): AnyDoctor[] {
  const free = slots.filter(({ status, pool }) => status === 'open' && pool === 'app')
  return [...new Set(free.map(({ visit_type }) => visit_type))].flatMap((visitType) => {
    const there = free.filter(({ visit_type }) => visit_type === visitType)
    if (new Set(there.map(({ practitioner_id }) => practitioner_id)).size < 2) return []
    const places = new Map<string, number>()
    for (const { starts_at, available } of there) places.set(starts_at, (places.get(starts_at) ?? 0) + available)
    const times = [...places].map(([startsAt, count]) => ({ startsAt, places: count }))
    times.sort((one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt))
    return [{ visitType, departmentId: there[0]?.department_id ?? '', times }]
  })
}

/** Say whether a slot can be had, in a word or two. */
export function wordOf(slot: Slot): string {
  if (slot.status === 'open') return t('booking.places', { n: slot.available })
  if (slot.status !== 'not_yet') return t(`booking.slot.${slot.status}`)
  if (slot.draw) return t('draw.word')
  const day = dayOf(slot.opens_at)
  return t('booking.opensAt', { when: day === dayOf() ? timeOf(slot.opens_at) : `${nearDay(day)} ${timeOf(slot.opens_at)}` })
}
