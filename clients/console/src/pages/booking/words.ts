/** A booking in words. */
import { dayWords, hoursOf } from '@/pages/schedules/words'
import type { Booking } from './use-booking'

/** `11-24 周二 09:00–09:30`. */
export function whenOf(span: { starts_at: string; ends_at: string }): string {
  return `${dayWords(span.starts_at.slice(0, 10))} ${hoursOf(span)}`
}

/** `全科医疗科 王敏`. */
export function whatOf({ department, practitioner }: Booking): string {
  return `${department.name} ${practitioner.name}`
}
