/** Days that differ, as they are written down. */
import type { Schemas } from '@/api/client'
import { CAPACITY_OF, POOLS } from '../words'

export type Exception = Schemas['ExceptionView']
export type Kind = Schemas['ExceptionKind']
export const KINDS: Kind[] = ['leave', 'closure', 'extra', 'capacity']

/** For whom a closure or another capacity is. */
export type Whom = 'person' | 'department' | 'hospital'

export interface Draft {
  id: string | null
  kind: Kind
  whom: Whom
  practitioner_id: string
  department_id: string
  first_day: string
  last_day: string
  isWholeDay: boolean
  starts_at: string
  ends_at: string
  room_id: string | null
  slot_minutes: number
  visit_type: NonNullable<Schemas['ExceptionForm']['visit_type']>
  capacity: number | null
  desk_capacity: number | null
  revisit_capacity: number | null
  referral_capacity: number | null
  reason: string
}

export function aDraft(department: string, day: string): Draft {
  return {
    id: null,
    kind: 'leave',
    whom: 'department',
    practitioner_id: '',
    department_id: department,
    first_day: day,
    last_day: day,
    isWholeDay: true,
    starts_at: '08:00',
    ends_at: '12:00',
    room_id: null,
    slot_minutes: 30,
    visit_type: 'ordinary',
    capacity: null,
    desk_capacity: null,
    revisit_capacity: null,
    referral_capacity: null,
    reason: '',
  }
}

export function anExtra(department: string, day: string): Draft {
  return { ...aDraft(department, day), kind: 'extra', capacity: 4, desk_capacity: 0, revisit_capacity: 0, referral_capacity: 0 }
}

export function draftOf(row: Exception, department: string): Draft {
  return {
    id: row.id,
    kind: row.kind,
    whom: row.practitioner_id ? 'person' : row.department_id ? 'department' : 'hospital',
    practitioner_id: row.practitioner_id ?? '',
    department_id: row.department_id ?? department,
    first_day: row.first_day,
    last_day: row.last_day,
    isWholeDay: row.starts_at === null,
    starts_at: row.starts_at?.slice(0, 5) ?? '08:00',
    ends_at: row.ends_at?.slice(0, 5) ?? '12:00',
    room_id: row.room_id,
    slot_minutes: row.slot_minutes ?? 30,
    visit_type: (row.visit_type ?? 'ordinary') as Draft['visit_type'],
    capacity: row.capacity,
    desk_capacity: row.desk_capacity,
    revisit_capacity: row.revisit_capacity,
    referral_capacity: row.referral_capacity,
    reason: row.reason,
  }
}

export const hasPerson = (draft: Draft) =>
  draft.kind === 'leave' || draft.kind === 'extra' || (draft.kind === 'capacity' && draft.whom === 'person')

/** What the server is asked for: only what belongs to this kind. */
export function sentOf(draft: Draft): Schemas['ExceptionForm'] {
  const isExtra = draft.kind === 'extra'
  const hasHours = isExtra || !draft.isWholeDay
  const isOfDepartment = isExtra || draft.kind === 'capacity' || (draft.kind === 'closure' && draft.whom === 'department')
  const hasPlaces = isExtra || draft.kind === 'capacity'
  const places = Object.fromEntries(
    POOLS.map((pool) => [CAPACITY_OF[pool], hasPlaces ? draft[CAPACITY_OF[pool]] : null]),
  )
  return {
    kind: draft.kind,
    practitioner_id: hasPerson(draft) ? draft.practitioner_id : null,
    department_id: isOfDepartment ? draft.department_id : null,
    first_day: draft.first_day,
    last_day: draft.last_day,
    starts_at: hasHours ? draft.starts_at : null,
    ends_at: hasHours ? draft.ends_at : null,
    room_id: isExtra ? draft.room_id : null,
    slot_minutes: isExtra ? draft.slot_minutes : null,
    visit_type: isExtra ? draft.visit_type : null,
    ...places,
    reason: draft.reason,
  }
}

/** What is missing before it can be looked at: a key of the texts, or null. */
export function lackOf(draft: Draft): string | null {
  if (hasPerson(draft) && !draft.practitioner_id) return 'choosePerson'
  if (draft.last_day < draft.first_day) return 'wrongDays'
  const places = POOLS.map((pool) => draft[CAPACITY_OF[pool]])
  if (draft.kind === 'capacity' && places.every((one) => one === null)) return 'needsOnePool'
  if (draft.kind === 'extra' && places.reduce<number>((sum, one) => sum + (one ?? 0), 0) < 1) return 'needsPlaces'
  return null
}
