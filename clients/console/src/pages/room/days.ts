/** Days of the calendar as the hospital counts them: `YYYY-MM-DD`, without any clock or zone of this machine. */

const DAY_MS = 86_400_000

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10)
}

export function plusDays(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS)
}

/** The same day of a later month; the last one where that month is shorter: 31 January → 28 February. */
export function plusMonths(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, last)))
}

/** The usual days to come again, counted from today. */
export function usualRevisits(today: string): { name: string; day: string }[] {
  return [
    { name: 'days3', day: plusDays(today, 3) },
    { name: 'week1', day: plusDays(today, 7) },
    { name: 'weeks2', day: plusDays(today, 14) },
    { name: 'month1', day: plusMonths(today, 1) },
  ]
}

/** Whether a day is later than today: nobody comes again on the day of the visit. */
export function isLater(day: string, today: string): boolean {
  return day > today // ISO days sort as texts
}

/** A day of the date picker, which thinks in the zone of this machine. */
export function pickedDay(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
