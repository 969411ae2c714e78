/** What somebody waits for, in a line or two. */
import type { Schema } from '../api/client'
import { t } from '../texts'
import { dayAfter, dayOf, longTime, shortDay } from '../texts/times'
import type { Entry } from './entries'

const SHOWN = 2 // sessions that a card names

/** Say what an entry waits for: the offered place, the criteria, or the sessions that it named. */
export function wishOf(entry: Entry): { when: string; who: string }[] {
  const place = entry.offer?.places[0]
  if (entry.offer && place) return [{ when: longTime(place.starts_at, place.ends_at), who: entry.offer.practitioner_name }]
  if (entry.criteria) return [{ when: criteriaOf(entry.criteria), who: '' }]
  const open = entry.sessions.filter(({ state }) => state !== 'done')
  const shown = open.length ? open : entry.sessions
  return shown.slice(0, SHOWN).map((one) => ({ when: longTime(one.starts_at, one.ends_at), who: one.practitioner_name }))
}

function criteriaOf(criteria: NonNullable<Entry['criteria']>): string {
  const first = criteria.first_day < dayOf() ? dayOf() : criteria.first_day
  const days = first === criteria.last_day ? shortDay(first) : `${shortDay(first)}–${shortDay(criteria.last_day)}`
  const halves = criteria.halves.map((half) => t(`booking.${half}`))
  return [days, ...halves].join(' ')
}

/** What would suit somebody, as the form has it: so many days from today, and what is empty means any. */
export interface Wish {
  days: number
  halves: ('morning' | 'afternoon' | 'evening')[]
  doctors: string[]
}

export function criteriaFor(department: string, wish: Wish): Schema<'WaitlistCriteriaForm'> {
  const first = dayOf()
  return {
    department_id: department,
    first_day: first,
    last_day: dayAfter(first, wish.days - 1),
    practitioner_ids: wish.doctors,
    halves: wish.halves,
    visit_types: [],
  }
}
