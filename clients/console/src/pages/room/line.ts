/** What a room's day says: who is here now, who waits, who may come back. Pure. */
import type { Schemas } from '@/api/client'
import { clockTime } from '@/parts/moments'
import { flagsOf } from '@/parts/triage/need'

export type Day = Schemas['RoomDay']
export type Ticket = Schemas['RoomTicket']

export interface Line {
  /** Called into this room or inside. */
  now: Ticket | null
  /** At this room's door, in the order of calling (二次候诊). */
  ready: Ticket[]
  /** In the order of calling. */
  waiting: Ticket[]
  /** Who would be called now. */
  next: Ticket | null
  missed: Ticket[]
  held: Ticket[]
  away: Ticket[]
}

export function lineOf(day: Day): Line {
  const inState = (...states: string[]) => day.tickets.filter((ticket) => states.includes(ticket.state))
  return {
    now: inState('called', 'in_service').find((ticket) => ticket.room?.id === day.room.id) ?? null,
    ready: inState('ready').filter((ticket) => ticket.room?.id === day.room.id),
    waiting: inState('waiting'),
    next: day.tickets.find((ticket) => ticket.id === day.next_id) ?? null,
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

/** Seconds in which the last act on somebody can still be taken back. */
export function undoSeconds(ticket: { undo_until: string | null }, now: number): number {
  if (!ticket.undo_until) return 0
  return Math.min(60, Math.max(0, Math.ceil((Date.parse(ticket.undo_until) - now) / 1000)))
}

/** Seconds until somebody who was called may be called once more. */
export function recallSeconds(ticket: Ticket, rules: Day['rules'], now: number): number {
  if (!ticket.called_at) return 0
  return Math.max(0, Math.ceil(rules.recall_seconds - (now - Date.parse(ticket.called_at)) / 1000))
}

/** Whether it is time to ask if somebody should be passed over: called often enough, or long ago. */
export function isPassOverDue(ticket: Ticket, rules: Day['rules'], now: number): boolean {
  if (ticket.state !== 'called' || !ticket.called_at) return false
  const since = (now - Date.parse(ticket.called_at)) / 1000
  const wasAsked = ticket.turn_calls >= rules.suggest_after_calls && since >= rules.recall_seconds
  return wasAsked || since >= rules.suggest_after_seconds
}

/** Whether who stepped aside said to be back by now. */
export function isOverdue(ticket: Ticket, now: number): boolean {
  return ticket.state === 'held' && ticket.held_until !== null && Date.parse(ticket.held_until) < now
}

/** Who needs somebody at the door, or everything at once. */
export function needsHelp(ticket: { triage: string; flags: string[] }): boolean {
  return ticket.triage === 'urgent' || ticket.flags.length > 0
}

/** Why somebody stands where they stand: key and values of a text. */
export function reasonOf(ticket: Ticket): { rule: string; band: string } {
  return { rule: ticket.rule, band: ticket.band ? ticket.band.map(clockTime).join('–') : '' }
}

/** What everybody in the room must see at once: the triage level and the needs. */
export function marksOf(ticket: { triage: string; flags: string[] }): string[] {
  return [...(ticket.triage === 'normal' ? [] : [ticket.triage]), ...flagsOf(ticket.flags)]
}

/** Puts the answer of a step in, before the day is read anew. */
export function withAnswer(day: Day, answer: Schemas['TicketView']): Day {
  const isHere = ['waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away'].includes(answer.state)
  const tickets = day.tickets.flatMap((old) => (old.id !== answer.id ? [old] : isHere ? [{ ...old, ...answer }] : []))
  const seen = answer.state === 'done' ? [answer, ...day.seen.filter((old) => old.id !== answer.id)] : day.seen
  return { ...day, tickets, seen }
}

/** Who came or got worse between two looks and should be told of: an urgent patient always, another one when the room waited. */
export function arrivalOf(before: Day, after: Day): { kind: 'urgent' | 'first'; number: string } | null {
  const [old, line] = [lineOf(before), lineOf(after)]
  const known = new Set(before.tickets.filter((ticket) => ticket.triage === 'urgent').map((ticket) => ticket.id))
  const urgent = line.waiting.find((ticket) => ticket.triage === 'urgent' && !known.has(ticket.id))
  if (urgent) return { kind: 'urgent', number: urgent.number }
  const [first] = line.waiting
  const roomWaited = !old.now && old.waiting.length === 0 && !line.now && after.room.state === 'open'
  return roomWaited && first ? { kind: 'first', number: first.number } : null
}
