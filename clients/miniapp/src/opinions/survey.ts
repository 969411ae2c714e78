/** A survey as it is filled in. Pure. */
import type { Schema } from '../api/client'

export type Survey = Schema<'SurveyView'>
export type Item = Schema<'ItemView'>
export type Receipt = Schema<'ReceiptView'>
export type Answer = number | boolean | string | string[]

/** What the form needs of a survey, whether it came by signing in or by a link. */
export interface Sheet {
  /** Under which what is filled in stays on the phone. */
  key: string
  departmentName: string
  practitionerName: string
  isAnonymous: boolean
  items: Item[]
  closing: Item | null
  /** What was put down before, here or elsewhere. */
  filled: Schema<'SurveyFilledView'> | null
  /** A change of what was sent already. */
  isChange: boolean
}

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
export const NA = 'na'
const FREQUENCY: Record<string, number> = { always: 4, usually: 3, sometimes: 2, never: 1 }

/** One tap answers it, so the next question may come by itself. */
export function isOneTap({ type }: Item): boolean {
  return type === 'stars' || type === 'scale' || type === 'yes_no' || type === 'single'
}

export function isSaid(answer: Answer | undefined): boolean {
  if (typeof answer === 'string') return answer.trim() !== ''
  return Array.isArray(answer) ? answer.length > 0 : answer !== undefined
}

/** The figure by which a rule of skipping compares; null where there is none. */
function figureOf(item: Item, answer: Answer): number | null {
  if (answer === NA || !item.scale) return null
  if (typeof answer === 'string') return FREQUENCY[answer] ?? null
  return typeof answer === 'boolean' || typeof answer === 'number' ? Number(answer) : null
}

/** The items that are asked after these answers; the server follows the same rules. */
export function asked(items: Item[], answers: Record<string, Answer>): Item[] {
  const seen = new Map<string, Item>()
  for (const item of items) {
    const holds = (item.shown_if ?? []).every(({ item: earlier, how, value }) => {
      const [before, answer] = [seen.get(earlier), answers[earlier]]
      if (before === undefined || answer === undefined || !isSaid(answer)) return false
      if (how === 'is') return answer === value
      if (how === 'is_not') return answer !== value
      const figure = figureOf(before, answer)
      return figure !== null && (how === 'at_most' ? figure <= Number(value) : figure >= Number(value))
    })
    if (holds) seen.set(item.id, item)
  }
  return [...seen.values()]
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

/** The sheet of a survey of one's own. */
export function sheetOf(survey: Survey, isChange = false): Sheet {
  return {
    key: `survey-${survey.id}${isChange ? '-change' : ''}`,
    departmentName: survey.department_name,
    practitionerName: survey.practitioner_name,
    isAnonymous: survey.is_anonymous,
    items: survey.items ?? [],
    closing: survey.closing ?? null,
    filled: survey.filled ?? null,
    isChange,
  }
}
