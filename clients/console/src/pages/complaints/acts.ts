/** What may be done with a complaint. The server lists it (`acts`); here it only gets its place on the screen. */
import type { Schemas } from '@/api/client'

/** What is written in the box below the time line. */
export const WRITTEN = ['reply', 'answer', 'note'] as const
export type Written = (typeof WRITTEN)[number]

/** What is asked in a dialog, with its reason. */
export const ASKED = ['assign', 'escalate', 'merge', 'close', 'reopen'] as const
export type Asked = (typeof ASKED)[number] | 'see_phone'

export const ENDS = ['closed_no_reply', 'closed_disagreed', 'withdrawn'] as const
export type End = (typeof ENDS)[number]

/** The steps of the API and what each takes. */
export interface Steps {
  acknowledgement: undefined
  reply: Schemas['ReplyForm']
  note: Schemas['TextForm']
  answer: Schemas['AnswerForm']
  assignment: Schemas['AssignmentForm']
  escalation: Schemas['ReasonForm']
  closure: Schemas['ClosureForm']
  reopening: Schemas['ReasonForm']
  merge: Schemas['MergeForm']
  attachments: Schemas['AddForm']
}

export type Act = <Step extends keyof Steps>(step: Step, body: Steps[Step]) => Promise<boolean>

export function writtenIn(acts: readonly string[]): Written[] {
  return WRITTEN.filter((act) => acts.includes(act))
}

export function endsIn(acts: readonly string[]): End[] {
  return ENDS.filter((end) => acts.includes(end))
}

/** The dialogs behind buttons. There is nothing to merge into without another open complaint of the same person. */
export function askedIn(acts: readonly string[], siblings: readonly { closed_at: string | null }[]): Asked[] {
  return ASKED.filter((act) => {
    if (act === 'close') return endsIn(acts).length > 0
    if (act === 'merge') return acts.includes('merge') && siblings.some((sibling) => sibling.closed_at === null)
    return acts.includes(act)
  })
}
