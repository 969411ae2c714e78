/** What the guide can do about an outcome, the likeliest first: the keys F9 and F10 do the first two. Pure. */
import { isExcusable, isToFind, isToRegister, type Outcome } from './outcome'

export type Deed = 'retry' | 'move' | 'override' | 'find' | 'putBack' | 'showWay' | 'register'

export const DEED_KEYS = ['F9', 'F10'] as const

/** canRetry: whether the answer to the last try got lost. */
export function deeds(outcome: Outcome, canRetry: boolean): Deed[] {
  const isMove = outcome.kind === 'refused' && (outcome.acts ?? []).includes('move')
  const may: Record<Deed, boolean> = {
    retry: canRetry,
    move: isMove,
    override: isExcusable(outcome),
    find: isToFind(outcome),
    putBack: outcome.ticketId !== null && outcome.ticketState === 'missed',
    showWay: isMove,
    register: isToRegister(outcome),
  }
  return (Object.keys(may) as Deed[]).filter((deed) => may[deed])
}
