/** What is promised and how long it still takes. The server says how many seconds are left; here they run on. */
import type { Schemas } from '@/api/client'

export type Hand = Schemas['ClockView']

/** What the server gave, and the moment of this machine at which it came. */
export type Seen<View> = View & { seenAt: number }

export function seen<View>(view: View): Seen<View> {
  return { ...view, seenAt: Date.now() }
}

/** Seconds until a clock runs out, below zero when it has; null when it does not run. */
export function leftOf(hand: Hand, seenAt: number, now: number): number | null {
  if (hand.seconds_left === null) return null
  return hand.seconds_left - Math.max(0, Math.floor((now - seenAt) / 1000))
}

/** The clock that runs out next, or ran out first; null when none runs. */
export function nextHand(hands: Hand[]): Hand | null {
  const running = hands.filter((hand) => hand.seconds_left !== null)
  return running.reduce<Hand | null>((next, hand) => (next && next.seconds_left! <= hand.seconds_left! ? next : hand), null)
}

const SOON_SECONDS = 10 * 60

/** How a clock looks: overdue, soon, or with time. */
export function urgency(left: number): 'bad' | 'wait' | 'quiet' {
  if (left < 0) return 'bad'
  return left < SOON_SECONDS ? 'wait' : 'quiet'
}
