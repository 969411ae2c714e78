/** What the pages of improvements share: states in their order, their colours, the words of figures. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Improvement = Schemas['ImprovementDetail']
export type Look = Schemas['ImprovementLookView']
export const STATES = [
  'proposed', 'accepted', 'doing', 'measuring', 'not_yet', 'effective', 'not_effective', 'too_few', 'closed', 'rejected',
] as const
export type Shown = '' | 'open' | (typeof STATES)[number]
export const STRENGTHS = ['strong', 'intermediate', 'weak'] as const

const TONES: Record<string, Tone> = {
  proposed: 'call',
  accepted: 'wait',
  doing: 'wait',
  done: 'known',
  measuring: 'known',
  not_yet: 'known',
  effective: 'good',
  not_effective: 'bad',
  too_few: 'quiet',
}

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'quiet'
}

export interface Interval {
  estimate: number | null
  low: number | null
  high: number | null
}

/** What a look counted, as the server sends it. */
export interface Figures {
  from: string
  to: string
  p: number
  alpha: number
  power: number
  needed: number | null
  effect: Interval
  before: { count?: number; exposure?: number; n?: number; mean?: number; days: number }
  after: { count?: number; exposure?: number; uncoded?: number; n?: number; mean?: number }
}

export function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.1) return '< 0.1'
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value))
}

export function rounded(value: number | null): string {
  return value === null ? '∞' : value.toFixed(Math.abs(value) < 10 ? 2 : 1)
}
