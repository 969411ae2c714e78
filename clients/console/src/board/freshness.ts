/** Whether what the board shows still holds. Pure; all times in milliseconds. */
import type { Board } from './calls'

/** The server says every five seconds that the board holds; a little longer is no reason to worry anybody. */
export const SILENCE_MS = 9_000
/** A link that the browser itself reports as broken gets this long to come back unseen. */
export const BROKEN_MS = 3_000

export interface LinkTimes {
  /** When the server last confirmed the board; null when it never did. */
  confirmed: number | null
  /** Since when the browser says that the link is broken; null while it stands. */
  brokenSince: number | null
}

/** Tells whether people must be told that the screen may be old. */
export function isStale(times: LinkTimes, now: number): boolean {
  if (times.confirmed === null) return false
  if (now - times.confirmed > SILENCE_MS) return true
  return times.brokenSince !== null && now - times.brokenSince > BROKEN_MS
}

/** Gives the day of a moment in the hospital's zone, as `2026-11-22`. */
export function dayIn(timezone: string, moment: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short' }).format(moment)
}

/** Gives the time of a moment in the hospital's zone, as `09:05`. */
export function timeIn(timezone: string, moment: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, timeStyle: 'short' }).format(moment)
}

/** Gives the time with its seconds, as `9:05:04`. */
export function secondsIn(timezone: string, moment: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, timeStyle: 'medium' }).format(moment).replace(/^0/, '')
}

/** Gives the date with the day of the week, as people read it. */
export function dateIn(timezone: string, moment: number, language: string): string {
  const parts: Intl.DateTimeFormatOptions = { timeZone: timezone, month: 'long', day: 'numeric', weekday: 'long' }
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, parts).format(moment)
}

/** Tells whether a board is of the present day: yesterday's numbers must not stand there in the morning. */
export function isOfToday(board: Board, now: number): boolean {
  return dayIn(board.timezone, now) === board.day
}
