/** Days and times in words.

The server writes every moment in the hospital's zone, with its offset. So the digits of a moment are the hospital's
wall clock already, and a device that stands in another zone, or has no `Intl`, still shows the right time. */
import { language, t, type TextKey } from './index'

const WEEKDAYS: TextKey[] = [
  'common.sunday', 'common.monday', 'common.tuesday', 'common.wednesday',
  'common.thursday', 'common.friday', 'common.saturday',
]
const CHINA = 8 * 60 // until the server has sent a moment
let offset = CHINA

/** Take the hospital's offset from a moment of the server's. */
function learn(moment: string): void {
  const found = /([+-])(\d\d):(\d\d)$/.exec(moment)
  if (found) offset = (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]))
}

/** The day of a moment, or of now, at the hospital: `2026-03-09`. */
export function dayOf(moment?: string): string {
  if (moment !== undefined) {
    learn(moment)
    return moment.slice(0, 10)
  }
  return new Date(Date.now() + offset * 60_000).toISOString().slice(0, 10)
}

/** The day so many days after another. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** `09:30` */
export function timeOf(moment: string): string {
  learn(moment)
  return moment.slice(11, 16)
}

/** `周一`, `Mon` */
export function weekday(day: string): string {
  return t(WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? 'common.sunday')
}

/** `今天`, `明天`, or the weekday. */
export function nearDay(day: string): string {
  const today = dayOf()
  if (day === today) return t('common.today')
  return day === dayAfter(today, 1) ? t('common.tomorrow') : weekday(day)
}

/** `3月9日`, `9 Mar`; with the year where it is not this one. */
export function shortDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number)
  const values = { year: year ?? 0, month: month ?? 0, day: date ?? 0, name: monthName(month ?? 1) }
  return dayOf().startsWith(day.slice(0, 4)) ? t('common.day', values) : t('common.dayOfYear', values)
}

function monthName(month: number): string {
  return t('common.months').split(' ')[month - 1] ?? ''
}

/** `今天 3月9日 周一`, with the weekday once. */
export function longDay(day: string): string {
  const near = nearDay(day)
  const name = weekday(day)
  const gap = language.value === 'en' ? ', ' : ' '
  return [near, ...(near === name ? [] : [name]), shortDay(day)].join(gap)
}

/** `今天 周一 3月9日 09:00–09:30` */
export function longTime(from: string, to?: string): string {
  return `${longDay(dayOf(from))} ${timeOf(from)}${to ? `–${timeOf(to)}` : ''}`
}

/** `09:00–09:30` */
export function span(from: string, to: string): string {
  return `${timeOf(from)}–${timeOf(to)}`
}

/** When something happened: the time today, the day before that. */
export function stamp(moment: string): string {
  const day = dayOf(moment)
  if (day === dayOf()) return `${t('common.today')} ${timeOf(moment)}`
  return `${shortDay(day)} ${timeOf(moment)}`
}
