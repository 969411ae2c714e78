/** Times as people read them, always in the hospital's zone: the server sends every moment with its offset in it. */

let offsetMinutes = 8 * 60 // China's, until the server has sent a moment

/** Takes the hospital's offset from a moment of the server's. */
function learn(moment: string): void {
  const found = /([+-])(\d\d):(\d\d)$/.exec(moment)
  if (found) offsetMinutes = (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]))
}

/** `2026-11-22T09:05:00+08:00` → `09:05`. */
export function clockTime(moment: string): string {
  learn(moment)
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

/** Milliseconds → `09:05` at the hospital, wherever the screen thinks it stands. */
export function wallTime(at: number): string {
  return new Date(at + offsetMinutes * 60_000).toISOString().slice(11, 16)
}
