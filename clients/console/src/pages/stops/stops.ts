/** What a stopped clinic is, apart from how it looks. */
import type { Schemas } from '@/api/client'
import { dayAndTime } from '@/parts/moments'
import type { Tone } from '@/parts/tones'

export type Stop = Schemas['StopView']
export type Detail = Schemas['StopDetail']
export type Visit = Schemas['StoppedVisitView']
export type Session = Schemas['StoppableView']
export type Plan = Schemas['StopPlanView']
export type Place = Schemas['StoppedPlaceView']
export type Kind = Stop['kind']
export type Policy = Stop['policy']

export const KINDS: Kind[] = ['stop', 'move', 'room']
export const POLICIES: Policy[] = ['move', 'move_level', 'offer', 'release']
export const OUTCOMES = ['moved', 'offered', 'released'] as const
export const CONTACTS = ['to_call', 'telling', 'reached', 'closed'] as const

export const OUTCOME_TONES: Record<string, Tone> = { moved: 'good', offered: 'wait', released: 'known' }
export const CONTACT_TONES: Record<Visit['contact'], Tone> = {
  none: 'quiet',
  telling: 'wait',
  to_call: 'call',
  reached: 'good',
  closed: 'quiet',
}

/** `11-23 09:00 王敏 主任医师` */
export function placeText(place: Place): string {
  return `${dayAndTime(place.starts_at)} ${place.practitioner} ${place.practitioner_title}`.trim()
}

/** `11-23 09:00–12:00` */
export function spanOf(session: { starts_at: string; ends_at: string }): string {
  return `${dayAndTime(session.starts_at)}–${session.ends_at.slice(11, 16)}`
}

/** Fen in yuan: `25.00`. */
export function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}
