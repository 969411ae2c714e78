/** A weekly clinic as it is written down. */
import type { Schemas } from '@/api/client'
import { CAPACITY_OF, POOLS } from '../words'

export type Rule = Schemas['ScheduleView']
type Form = Schemas['ScheduleForm']

export interface Draft {
  practitioner_id: string
  room_id: string | null
  weekday: number
  starts_at: string
  ends_at: string
  slot_minutes: number
  capacity: number
  desk_capacity: number
  revisit_capacity: number
  referral_capacity: number
  visit_type: NonNullable<Form['visit_type']>
  /** From which day on it holds; for a change, from which day on it is so. */
  from: string
  until: string
}

export function aDraft(from: string): Draft {
  return {
    practitioner_id: '',
    room_id: null,
    weekday: 0,
    starts_at: '08:00',
    ends_at: '12:00',
    slot_minutes: 30,
    capacity: 4,
    desk_capacity: 1,
    revisit_capacity: 0,
    referral_capacity: 0,
    visit_type: 'ordinary',
    from,
    until: '',
  }
}

export function draftOf(rule: Rule, from: string): Draft {
  return {
    practitioner_id: rule.practitioner_id,
    room_id: rule.room_id,
    weekday: rule.weekday,
    starts_at: rule.starts_at.slice(0, 5),
    ends_at: rule.ends_at.slice(0, 5),
    slot_minutes: rule.slot_minutes,
    capacity: rule.capacity,
    desk_capacity: rule.desk_capacity,
    revisit_capacity: rule.revisit_capacity,
    referral_capacity: rule.referral_capacity,
    visit_type: rule.visit_type as Draft['visit_type'],
    from: rule.valid_from > from ? rule.valid_from : from,
    until: rule.valid_until ?? '',
  }
}

/** What a new clinic and a changed one have in common. */
export function sentOf(draft: Draft) {
  const { practitioner_id: _who, from: _from, until, ...rest } = draft
  return { ...rest, valid_until: until || null }
}

export const placesOf = (draft: Draft) => POOLS.reduce((sum, pool) => sum + (draft[CAPACITY_OF[pool]] || 0), 0)

/** How many bands a clinic has; one that ends at its begin or before goes on into the next day. */
export function bandsOf(draft: Pick<Draft, 'starts_at' | 'ends_at' | 'slot_minutes'>): number {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
  const length = minutes(draft.ends_at) - minutes(draft.starts_at)
  const whole = length > 0 ? length : length + 24 * 60
  return draft.slot_minutes > 0 ? Math.ceil(whole / draft.slot_minutes) : 0
}

export interface OfPerson {
  id: string
  name: string
  rules: Rule[]
}

/** The clinics of each practitioner, in the order in which the server gave them. */
export function byPerson(rules: readonly Rule[]): OfPerson[] {
  const found = new Map<string, OfPerson>()
  for (const rule of rules) {
    const one = found.get(rule.practitioner_id) ?? { id: rule.practitioner_id, name: rule.practitioner_name, rules: [] }
    one.rules.push(rule)
    found.set(rule.practitioner_id, one)
  }
  return [...found.values()]
}
