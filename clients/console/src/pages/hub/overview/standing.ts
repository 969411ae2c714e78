/** How a channel stands, in one word. */
import type { Tone } from '@/parts/tones'
import type { Channel } from '../states'

export type Standing = 'paused' | 'down' | 'probing' | 'resting' | 'running' | 'absent'

const TONES: Record<Standing, Tone> = {
  paused: 'wait',
  down: 'bad',
  probing: 'wait',
  resting: 'known',
  running: 'good',
  absent: 'quiet',
}

export function standingOf(channel: Channel): Standing {
  if (channel.is_paused) return 'paused'
  if (!channel.is_set_up) return 'absent'
  if (channel.breaker === 'open') return 'down'
  if (channel.breaker === 'probing') return 'probing'
  return channel.rests_until ? 'resting' : 'running'
}

export const toneOfStanding = (standing: Standing): Tone => TONES[standing]

/** Whether somebody has to look at it: it did something within the hour, something waits, or it does not run. */
export function isBusy(channel: Channel): boolean {
  const isOdd = !['running', 'absent'].includes(standingOf(channel))
  return isOdd || channel.calls_hour > 0 || channel.waiting > 0 || channel.unknown > 0
}

/** Whether it can be let go on by hand: also one that rests is tried at once. */
export const mayResume = (channel: Channel): boolean => channel.is_paused || channel.breaker !== 'closed'
