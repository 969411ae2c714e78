/** What a room's day says: who is here now, who waits, who may come back. Pure. */
import type { Schemas } from '@/api/client'
import { clockTime } from '@/parts/moments'

export type Day = Schemas['RoomDay']
export type Ticket = Schemas['RoomTicket']

export interface Line {
  /** Called into this room or inside. */
  now: Ticket | null
  /** In the order of calling. */
  waiting: Ticket[]
  missed: Ticket[]
  held: Ticket[]
  away: Ticket[]
}

const UNDO_SECONDS = 60

export function lineOf(day: Day): Line {
  const inState = (...states: string[]) => day.tickets.filter((ticket) => states.includes(ticket.state))
  return {
    now: inState('called', 'in_service').find((ticket) => ticket.room?.id === day.room.id) ?? null,
    waiting: inState('waiting'),
    missed: inState('missed'),
    held: inState('held'),
    away: inState('away'),
  }
}

/** Whole minutes between two moments, never negative: a clock may be a second off. */
export function minutesBetween(from: string, until: number): number {
  return Math.max(0, Math.floor((until - Date.parse(from)) / 60_000))
}

/** How long somebody waited: until the call, or until now. */
export function waitedMinutes(ticket: { checked_in_at: string; called_at: string | null }, now: number): number {
  return minutesBetween(ticket.checked_in_at, ticket.called_at ? Date.parse(ticket.called_at) : now)
}

/** A running clock: `4:05`, `1:02:09`. */
export function runningClock(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  const two = (number: number) => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** Seconds in which the call can still be taken back. */
export function undoSeconds(ticket: Ticket, now: number): number {
  if (ticket.state !== 'called' || !ticket.called_at) return 0
  const left = UNDO_SECONDS - Math.floor((now - Date.parse(ticket.called_at)) / 1000)
  return Math.min(UNDO_SECONDS, Math.max(0, left))
}

/** Why somebody stands where they stand: key and values of a text. */
export function reasonOf(ticket: Ticket): { rule: string; band: string } {
  return { rule: ticket.rule, band: ticket.band ? ticket.band.map(clockTime).join('–') : '' }
}

/** What everybody in the room must see at once: the triage level and the needs. */
export function marksOf(ticket: { triage: string; flags: string[] }): string[] {
  return [...(ticket.triage === 'normal' ? [] : [ticket.triage]), ...ticket.flags]
}

/** Puts the answer of a step in, before the day is read anew. */
export function withAnswer(day: Day, answer: Schemas['TicketView']): Day {
  const isHere = ['waiting', 'called', 'in_service', 'missed', 'held', 'away'].includes(answer.state)
  const tickets = day.tickets.flatMap((old) => (old.id !== answer.id ? [old] : isHere ? [{ ...old, ...answer }] : []))
  const seen = answer.state === 'done' ? [answer, ...day.seen.filter((old) => old.id !== answer.id)] : day.seen
  return { ...day, tickets, seen }
}

/** Who came between two looks and should be told of: an urgent patient always, another one when the room waited. */
export function arrivalOf(before: Day, after: Day): { kind: 'urgent' | 'first'; number: string } | null {
  const [old, line] = [lineOf(before), lineOf(after)]
  const known = new Set(before.tickets.map((ticket) => ticket.id))
  const urgent = line.waiting.find((ticket) => ticket.triage === 'urgent' && !known.has(ticket.id))
  if (urgent) return { kind: 'urgent', number: urgent.number }
  const [first] = line.waiting
  const roomWaited = !old.now && old.waiting.length === 0 && !line.now && after.room.state === 'open'
  return roomWaited && first ? { kind: 'first', number: first.number } : null
}
