/** A visit whose clinic was stopped or moved: what it says to its patient. */
import type { Schema } from '../api/client'
import { say, t } from '../texts'
import { dayOf, longDay, span } from '../texts/times'

export type Stopped = Schema<'MyStoppedVisit'>
export type StoppedPlace = Schema<'StoppedPlaceView'>

/** Fen in yuan, with both digits: `25.00`. */
export function yuan(fen: number): string {
  return `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
}

/** The facts of a place: when, with whom, where. */
export function factsOf(place: StoppedPlace, numbered = true) {
  return [
    { name: t('booking.when'), text: longDay(dayOf(place.starts_at)), then: span(place.starts_at, place.ends_at) },
    { name: t('booking.doctor'), text: `${place.practitioner} ${place.practitioner_title}`.trim() },
    { name: t('booking.department'), text: place.department },
    ...(place.location ? [{ name: t('booking.where'), text: place.location }] : []),
    ...(numbered && place.number ? [{ name: t('booking.number'), text: String(place.number) }] : []),
  ]
}

/** How it ended, in a sentence; empty while it is asked. */
export function endOf(visit: Stopped): string {
  if (visit.state !== 'settled') return ''
  if (visit.answer === null) return t('stopped.answer.released')
  if (visit.answer === 'silent' && !visit.place) return t('stopped.answer.silentReleased')
  return say('stopped.answer', visit.answer)
}

/** What the page says first. */
export function leadOf(visit: Stopped): string {
  return visit.kind === 'room' ? t('stopped.lead.room') : say('stopped.lead', visit.outcome)
}
