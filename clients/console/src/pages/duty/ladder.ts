/** What the pages of the ladder share. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Step = Schemas['EscalationView']
export type Rota = Schemas['DutyRotaView']
export type Line = Schemas['DutyLineView']

export const LEVELS = [0, 1, 2, 3] as const

const TONES: Record<string, Tone> = { raised: 'call', notified: 'call', acknowledged: 'known', resolved: 'quiet' }

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'quiet'
}

/** Whether a line ends on the next day. */
export function isNight(line: { starts_at: string; ends_at: string }): boolean {
  return line.ends_at <= line.starts_at
}
