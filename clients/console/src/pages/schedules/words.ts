/** Days, weekdays and places as the pages of schedules say them. */
import type { Schemas } from '@/api/client'
import { clockTime } from '@/parts/moments'
import { say } from '@/texts'

export type Pool = Schemas['Pool']
export const POOLS: Pool[] = ['app', 'desk', 'revisit', 'referral']
export const VISIT_TYPES = ['ordinary', 'expert', 'special', 'revisit'] as const
export const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const

/** The name of each pool's places in forms. */
export const CAPACITY_OF = {
  app: 'capacity',
  desk: 'desk_capacity',
  revisit: 'revisit_capacity',
  referral: 'referral_capacity',
} as const

const DAY_MS = 86_400_000

/** `2026-11-24` and a number of days → another such day. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** Monday is 0. */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
}

export function mondayOf(day: string): string {
  return addDays(day, -weekdayOf(day))
}

/** `2026-11-24` → `11-24 周二`. */
export function dayWords(day: string): string {
  return `${day.slice(5)} ${say(`schedules.weekday.${weekdayOf(day)}`)}`
}

/** A session's or band's time: `08:00–12:00`. */
export function hoursOf(span: { starts_at: string; ends_at: string }): string {
  return `${clockTime(span.starts_at)}–${clockTime(span.ends_at)}`
}

/** Hours as rules and exceptions write them; without any it is the whole day. */
export function wallHours(span: { starts_at: string | null; ends_at: string | null }): string {
  if (!span.starts_at || !span.ends_at) return say('schedules.wholeDay')
  return `${span.starts_at.slice(0, 5)}–${span.ends_at.slice(0, 5)}`
}

/** First and last day; one day is told once. */
export function daysWords(first: string, last: string): string {
  return first === last ? dayWords(first) : `${first.slice(5)} – ${last.slice(5)}`
}

export type Places = Partial<Record<Pool, { capacity: number; taken: number }>>

/** `小程序 3/12 · 窗口 0/4`: the pools that have places. */
export function placesWords(places: Places): string {
  return POOLS.filter((pool) => places[pool])
    .map((pool) => `${say(`schedules.pool.${pool}`)} ${places[pool]!.taken}/${places[pool]!.capacity}`)
    .join(' · ')
}

export function totalOf(places: Places): { taken: number; capacity: number } {
  const all = POOLS.flatMap((pool) => places[pool] ?? [])
  return {
    taken: all.reduce((sum, one) => sum + one.taken, 0),
    capacity: all.reduce((sum, one) => sum + one.capacity, 0),
  }
}

export type SessionState = 'stopped' | 'closed' | 'not_yet' | 'full' | 'open'

/** What a session is for whoever wants a place of it now. */
export function stateOf(
  session: { status: string; opens_at: string; places: Places },
  now: number,
): SessionState {
  if (session.status === 'stopped') return 'stopped'
  if (session.status === 'closed') return 'closed'
  if (Date.parse(session.opens_at) > now) return 'not_yet'
  const { taken, capacity } = totalOf(session.places)
  return taken >= capacity ? 'full' : 'open'
}
