/** Follow-ups as their patient sees them, and a form as it is filled in. */
import { get, type Schema } from '../api/client'

export type FollowUp = Schema<'FollowUpView'>
export type Question = Schema<'FollowUpQuestion'>
export type Said = boolean | number | string | string[]

const PAGE = 20
const TEN = 10

export function followUps(cursor?: string) {
  return get('/api/v1/follow-ups', { query: { limit: PAGE, cursor } })
}

export function isSaid(value: Said | undefined): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  return Array.isArray(value) ? value.length > 0 : value !== undefined
}

/** How many questions that need an answer have none. */
export function left(questions: Question[], answers: Record<string, Said>): number {
  return questions.filter(({ code, is_required: isNeeded }) => isNeeded !== false && !isSaid(answers[code])).length
}

/** What is sent: answers to questions that there are, without empty ones; a number is no text any more. */
export function bodyOf(questions: Question[], answers: Record<string, Said>): { answers: Record<string, Said> } {
  const said: Record<string, Said> = {}
  for (const { code, kind } of questions) {
    const value = answers[code]
    if (value === undefined || !isSaid(value)) continue
    said[code] = kind === 'number' ? Number(value) : value
  }
  return { answers: said }
}

/** From nought to ten has rows of its own; another scale is a list of its numbers. */
export function isTenScale({ kind, least, most }: Question): boolean {
  return kind === 'scale' && (least ?? 0) === 0 && (most ?? TEN) === TEN
}

export function numbersOf({ least, most }: Question): { value: string; text: string }[] {
  const first = least ?? 0
  return Array.from({ length: (most ?? TEN) - first + 1 }, (_, n) => ({ value: String(first + n), text: String(first + n) }))
}
