/** Where a patient stands in the queue: asked often when the turn is near, seldom when it is far. */
import type { Schema } from '../api/client'

export type Place = Schema<'PlaceView'>

const OVER = ['done', 'left', 'transferred', 'voided']

/** Nothing more is waited for. */
export function isOver({ state }: Place): boolean {
  return OVER.includes(state)
}

const NEAR_AHEAD = 3
export const NEAR_SECONDS = 4
export const FAR_SECONDS = 10

/** In how many seconds to ask again; null when nothing more will change. `isToday`: of the appointment. */
export function nextLook(place: Place | null, isToday: boolean): number | null {
  if (place === null) return NEAR_SECONDS
  if (isOver(place) || ['completed', 'cancelled', 'rescheduled', 'expired', 'no_show'].includes(place.state)) return null
  if (place.number === null) return isToday ? NEAR_SECONDS : null // the guide may scan at any moment of the day
  if (place.state !== 'waiting') return NEAR_SECONDS
  return (place.ahead ?? 0) <= NEAR_AHEAD ? NEAR_SECONDS : FAR_SECONDS
}

const LONGEST_SECONDS = 60

/** The same after looks that failed: longer each time, so that a server in trouble is not asked by everybody. */
export function afterFailures(seconds: number, failures: number): number {
  return Math.min(seconds * 2 ** failures, LONGEST_SECONDS)
}

/** `9:31:04` on this phone: of when it shows things. */
export function secondsOf(moment: number): string {
  return new Date(moment).toTimeString().slice(0, 8).replace(/^0/, '')
}

/** What makes a call one call: a recall is another one, as the ticket's version has moved. */
export function callOf(place: Place | null): string {
  return place?.state === 'called' ? `${place.number}/${place.version}` : ''
}
