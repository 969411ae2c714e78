/** Places that are kept while a form is filled in. A hold is an appointment that the server keeps until a moment. */
import { ref } from 'vue'
import { asProblem, get, once } from '../api/client'
import { secondsUntil, serverTime } from '../live/serverClock'
import { isSignedIn } from '../people/session'
import type { Appointment } from './appointments'

export type Hold = Appointment & { held_until: string }

const STORED = 'form-holds' // those that a form of this phone has taken: only they go back when it is left
const MOST = 20

/** How often something was given back: whoever shows places looks again. */
export const returned = ref(0)
let leaving: Promise<unknown> = Promise.resolve()

export function isKept(visit: Appointment, now = serverTime()): visit is Hold {
  return visit.status === 'held' && visit.held_until !== null && secondsUntil(visit.held_until, now) > 0
}

/** What is kept for me. Without it a list of times is still good, so nothing is thrown. */
export async function holds(): Promise<Hold[]> {
  if (!isSignedIn()) return []
  await leaving
  try {
    const { items } = await get('/api/v1/appointments', { query: { status: 'held', limit: MOST } })
    return items.filter((one): one is Hold => isKept(one))
  } catch (thrown) {
    asProblem(thrown)
    return []
  }
}

function taken(): string[] {
  const stored: unknown = uni.getStorageSync(STORED)
  return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === 'string') : []
}

/** Whether a form took it, and not the waitlist or a stopped clinic, which keep places for longer. */
export function isOfForm({ id }: Appointment): boolean {
  return taken().includes(id)
}

/** Keep a place for somebody. */
export async function hold(slot_id: string, patient_id: string): Promise<Appointment> {
  const kept = await once('/api/v1/holds', { slot_id, patient_id })
  uni.setStorageSync(STORED, [...taken(), kept.id].slice(-MOST))
  return kept
}

/** Give it back. Whatever comes of it, it goes back by itself a little later. */
export function giveBack({ id }: Appointment): Promise<void> {
  const done = once('/api/v1/appointments/{appointment_id}/cancellation', { reason: '' }, { path: { appointment_id: id } })
    .then(() => undefined, (thrown: unknown) => void asProblem(thrown))
    .finally(() => (returned.value += 1))
  leaving = done
  return done
}
