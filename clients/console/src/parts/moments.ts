/** Times as people read them, always in the hospital's zone: the server sends every moment with its offset in it. */

/** `2026-11-22T09:05:00+08:00` → `09:05`. */
export function clockTime(moment: string): string {
  return moment.slice(11, 16)
}

/** `2026-11-22T09:05:00+08:00` → `11-22 09:05`. */
export function dayAndTime(moment: string): string {
  return `${moment.slice(5, 10)} ${clockTime(moment)}`
}

/** `2026-11-22T09:05:07+08:00` → `11-22 09:05:07`. */
export function exactTime(moment: string): string {
  return `${moment.slice(5, 10)} ${moment.slice(11, 19)}`
}

/** Whole minutes from a moment until `now` (milliseconds); negative when it lies ahead. */
export function minutesSince(moment: string, now: number): number {
  return Math.floor((now - Date.parse(moment)) / 60_000)
}

/** Milliseconds of this screen's own clock → `09:05`. */
export function wallTime(at: number): string {
  return new Date(at).toTimeString().slice(0, 5)
}
