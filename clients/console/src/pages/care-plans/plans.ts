/** A follow-up plan as it is edited: every field is there, new parts get codes of their own. */
import type { Schemas } from '@/api/client'

export type CarePlan = Schemas['CarePlanView']
export type Replan = Schemas['ReplanView']
export type Preview = Schemas['PlanPreviewView']

type Full<T> = { [K in keyof T]-?: T[K] }
export type Option = Schemas['FollowUpOption']
export type Flag = Full<Schemas['RedFlag']>
export type Question = Omit<Full<Schemas['FollowUpQuestion']>, 'options'> & { options: Option[] }
export type Step = Omit<Full<Schemas['PlanStepBody']>, 'questions' | 'red_flags'> & { questions: Question[]; red_flags: Flag[] }
export type Body = Omit<Full<Schemas['PlanBody']>, 'steps' | 'eligibility'> & { steps: Step[]; eligibility: Full<Schemas['Eligibility']> }

export const ANCHORS = ['visit', 'first_visit', 'diagnosis_group', 'revisit_date', 'discharge', 'operation', 'inquiry', 'no_show'] as const
export const STOPS = ['booked', 'revisited', 'readmitted', 'elsewhere', 'complaint_open'] as const
export const PURPOSES = ['clinical', 'return_visit', 'satisfaction', 'education'] as const
export const KINDS = ['scale', 'yes_no', 'choice', 'choices', 'number', 'text'] as const
export const LATE = ['send', 'call', 'skip'] as const
export const DEPENDS = ['told', 'answered', 'unanswered'] as const

/** The first code `name_1`, `name_2` … that nobody has. */
export function freeCode(name: string, taken: string[]): string {
  let n = taken.length + 1
  while (taken.includes(`${name}_${n}`)) n += 1
  return `${name}_${n}`
}

export function newQuestion(taken: string[]): Question {
  return { code: freeCode('q', taken), kind: 'yes_no', text: '', hint: '', options: [], least: 0, most: 10, least_text: '', most_text: '', is_required: true }
}

export function newStep(steps: Step[]): Step {
  const last = steps.at(-1)?.offset_days ?? 0
  return {
    code: freeCode('step', steps.map(({ code }) => code)),
    name: '', offset_days: last + 7, days_before: 0, days_after: 2, time_of_day: '10:00', calendar: 'any',
    purpose: 'clinical', way: 'message', route: 'follow_up', text: '', questions: [], red_flags: [], late: 'skip',
    depends_on: null, depends_when: 'told', is_booking: false,
  }
}

export function newBody(): Body {
  return {
    name: '', note: '', anchors: ['visit'], max_contacts: 12, stops: ['revisited', 'readmitted', 'elsewhere', 'complaint_open'],
    eligibility: { departments: [], diagnosis_groups: [], excluded_groups: [], least_age: null, most_age: null, is_chosen_only: false },
    steps: [newStep([])],
  }
}

/** What a draft begins with: the draft, else the approved version, as a copy. */
export function bodyOf(plan: CarePlan): Body {
  const from = plan.draft ?? plan.approved ?? plan.older[0]
  return from ? (JSON.parse(JSON.stringify(from.body)) as Body) : newBody()
}

/** How an alarming answer is told for a kind of question; none for a kind that cannot be judged. */
export function newFlag(question: Question): Flag {
  const { code, kind, options } = question
  if (kind === 'yes_no') return { question: code, when: 'is', value: true, advice: '' }
  if (kind === 'choice') return { question: code, when: 'is', value: options[0]?.code ?? '', advice: '' }
  if (kind === 'choices') return { question: code, when: 'includes', value: options[0]?.code ?? '', advice: '' }
  if (kind === 'text') return { question: code, when: 'includes', value: '', advice: '' }
  return { question: code, when: 'at_least', value: question.most, advice: '' }
}

/** Codes in a line, as they are typed: separated by commas or blanks. */
export function split(text: string): string[] {
  return text.split(/[\s,，、]+/).filter(Boolean)
}
