import { expect, test } from 'vitest'
import { clockTime, dayAndTime, minutesSince, wallTime } from '@/parts/moments'

const AT = Date.parse('2026-11-22T01:05:00Z')

test('times are those of the hospital, whatever zone the screen stands in', () => {
  expect(wallTime(AT)).toBe('09:05')
  expect(clockTime('2026-11-22T09:05:00+08:00')).toBe('09:05')
  clockTime('2026-11-22T06:35:00+05:30')
  expect(wallTime(AT)).toBe('06:35')
  clockTime('2026-11-21T20:05:00-05:00')
  expect(wallTime(AT)).toBe('20:05')
})

test('days and minutes', () => {
  expect(dayAndTime('2026-11-22T09:05:00+08:00')).toBe('11-22 09:05')
  expect(minutesSince('2026-11-22T09:00:00+08:00', AT)).toBe(5)
  expect(minutesSince('2026-11-22T09:10:00+08:00', AT)).toBe(-5)
})
