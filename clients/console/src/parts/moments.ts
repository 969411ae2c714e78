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

/** Milliseconds → `9:05:04` at the hospital: of when a screen is that hears nothing any more. */
export function wallSeconds(at: number): string {
  return new Date(at + offsetMinutes * 60_000).toISOString().slice(11, 19).replace(/^0/, '')
}

/** Milliseconds → `2026-11-22T09:05` at the hospital, as a field for day and time takes it. */
export function wallInput(at: number): string {
  return new Date(at + offsetMinutes * 60_000).toISOString().slice(0, 16)
}

/** What such a field holds → milliseconds. */
export function ofWallInput(text: string): number {
  return Date.parse(`${text}:00Z`) - offsetMinutes * 60_000
}

/** `2026-11-22T09:05:00+08:00` → `2026-11-22 09:05`: where the year matters. */
export function dateAndTime(moment: string): string {
  return `${moment.slice(0, 10)} ${clockTime(moment)}`
}

/** What a field for date and time says, `2026-11-22T09:05`, as a moment of the hospital's. */
export function hospitalMoment(typed: string): string {
  const sign = offsetMinutes < 0 ? '-' : '+'
  const minutes = Math.abs(offsetMinutes)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${typed.slice(0, 16)}:00${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** The hospital's day by this machine's clock, as `2026-11-22`. */
export function today(): string {
  return new Date(Date.now() + offsetMinutes * 60_000).toISOString().slice(0, 10)
}
