/** Questions and their approved answers, for those who write, approve and review them. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Answer = Schemas['AdminFaqView']

export const STATES = ['draft', 'approved', 'retired'] as const
export type State = (typeof STATES)[number]
/** What the list can show: a state, or the answers whose review is due. */
export type Shown = State | 'overdue' | ''

export const LANGUAGES = ['zh-CN', 'zh-TW', 'en'] as const
const TONES: Record<State, Tone> = { draft: 'wait', approved: 'good', retired: 'quiet' }

export function toneOf(state: string): Tone {
  return TONES[state as State] ?? 'quiet'
}

export interface AnswerForm extends Record<string, unknown> {
  question: string
  answer: string
  condition: string
  language: (typeof LANGUAGES)[number]
  department_id: string | null
  owner_id: string | null
}

export function formOf(row: Answer | null): AnswerForm {
  return {
    question: row?.question ?? '',
    answer: row?.answer ?? '',
    condition: row?.condition ?? '',
    language: (row?.language as AnswerForm['language']) ?? 'zh-CN',
    department_id: row?.department_id ?? null,
    owner_id: row?.owner_id ?? null,
  }
}

/** The day a year after one, as the server takes it when nobody names a day: 2026-11-22 → 2027-11-22. */
export function aYearAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`)
  next.setUTCDate(next.getUTCDate() + 365)
  return next.toISOString().slice(0, 10)
}
