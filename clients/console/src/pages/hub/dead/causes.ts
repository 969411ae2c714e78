/** Groups of dead letters, and what may be done with one of them. */
import type { Schemas } from '@/api/client'

export type Cause = Schemas['DeadCauseView']
export type Act = 'retry' | 'cancel' | 'take' | 'done'

export const keyOf = (cause: Cause): string => `${cause.channel} ${cause.state} ${cause.reason}`

/** What makes sense; the server decides about each message. */
export function actsOf(cause: Cause): Act[] {
  if (cause.state === 'retry_wait') return ['retry', 'cancel']
  const mayGoAgain = ['failed', 'suppressed'].includes(cause.state) && cause.in_time > 0
  return mayGoAgain ? ['retry', 'take', 'done'] : ['take', 'done']
}
