/** A survey as it is filled in. Pure. */
import type { Schema } from '../api/client'

export type Survey = Schema<'SurveyView'>
export type Item = Schema<'ItemView'>
export type Answer = number | boolean | string | string[]

export interface Filled {
  /** The screen: 0 is the first item, the number of items is the last screen. */
  step: number
  answers: Record<string, Answer>
  comment: string
  contactMe: boolean
}

export const BLANK: Filled = { step: 0, answers: {}, comment: '', contactMe: false }
export const MOST_STARS = 5
export const TOP_OF_SCALE = 10

/** One tap answers it, so the next question may come by itself. */
export function isOneTap({ type }: Item): boolean {
  return type === 'stars' || type === 'scale' || type === 'yes_no' || type === 'single'
}

export function isSaid(answer: Answer | undefined): boolean {
  if (typeof answer === 'string') return answer.trim() !== ''
  return Array.isArray(answer) ? answer.length > 0 : answer !== undefined
}

/** What is sent: answers to items that there are, without empty ones. */
export function bodyOf(filled: Filled, items: Item[]): Schema<'ResponseForm'> {
  const said = items.filter(({ id }) => isSaid(filled.answers[id]))
  return {
    answers: Object.fromEntries(said.map(({ id }) => [id, filled.answers[id]])),
    comment: filled.comment.trim(),
    contact_me: filled.contactMe,
  }
}

/** The server takes a survey that says something. */
export function saysSomething(filled: Filled, items: Item[]): boolean {
  const { answers, comment, contact_me: wantsContact } = bodyOf(filled, items)
  return Object.keys(answers ?? {}).length > 0 || Boolean(comment) || Boolean(wantsContact)
}
