import { describe, expect, test } from 'vitest'
import { aDraft as anException, anExtra, lackOf, sentOf as exceptionSent } from '@/pages/schedules/exceptions/exceptions'
import { aDraft, bandsOf, byPerson, placesOf, sentOf, type Rule } from '@/pages/schedules/rules/rules'
import { addDays, mondayOf, stateOf, totalOf, weekdayOf } from '@/pages/schedules/words'

const NOW = Date.parse('2026-11-22T09:00:00+08:00')
const aSession = (changed: object = {}) => ({
  status: 'open',
  opens_at: '2026-11-08T07:00:00+08:00',
  places: { app: { capacity: 4, taken: 1 }, desk: { capacity: 2, taken: 0 } },
  ...changed,
})

describe('days', () => {
  test.each([
    ['2026-11-22', 6, '2026-11-16'],
    ['2026-11-23', 0, '2026-11-23'],
    ['2027-01-01', 4, '2026-12-28'],
  ])('%s', (day, weekday, monday) => {
    expect(weekdayOf(day)).toBe(weekday)
    expect(mondayOf(day)).toBe(monday)
  })

  test('go over the ends of months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
  })
})

describe('a session', () => {
  test('is counted over all its pools', () => expect(totalOf(aSession().places)).toEqual({ taken: 1, capacity: 6 }))

  test.each([
    [{}, 'open'],
    [{ places: { app: { capacity: 1, taken: 1 } } }, 'full'],
    [{ opens_at: '2026-11-23T07:00:00+08:00' }, 'not_yet'],
    [{ status: 'closed' }, 'closed'],
    [{ status: 'stopped', opens_at: '2026-11-23T07:00:00+08:00' }, 'stopped'],
  ])('%o is %s', (changed, state) => expect(stateOf(aSession(changed), NOW)).toBe(state))
})

describe('a weekly clinic', () => {
  test.each([
    ['08:00', '12:00', 30, 8],
    ['08:00', '11:45', 30, 8],
    ['22:00', '02:00', 60, 4],
    ['00:00', '00:00', 60, 24],
  ])('from %s to %s by %i minutes has %i bands', (starts_at, ends_at, slot_minutes, bands) => {
    expect(bandsOf({ starts_at, ends_at, slot_minutes })).toBe(bands)
  })

  test('is sent without whose it is, and for good when no end is named', () => {
    const draft = { ...aDraft('2026-11-23'), capacity: 3, desk_capacity: 2 }
    expect(placesOf(draft)).toBe(5)
    expect(sentOf(draft)).toMatchObject({ valid_until: null, capacity: 3 })
    expect(sentOf(draft)).not.toHaveProperty('practitioner_id')
  })

  test('stands under its doctor', () => {
    const rules = ['a', 'b', 'a'].map((who, n) => ({ id: String(n), practitioner_id: who, practitioner_name: who }) as Rule)
    expect(byPerson(rules).map((one) => [one.name, one.rules.map((rule) => rule.id)])).toEqual([
      ['a', ['0', '2']],
      ['b', ['1']],
    ])
  })
})

describe('an exception is sent with what belongs to its kind alone', () => {
  const draft = { ...anException('dept', '2026-11-23'), practitioner_id: 'who', room_id: 'room', capacity: 9 }

  test('leave', () => {
    expect(exceptionSent(draft)).toMatchObject({
      practitioner_id: 'who',
      department_id: null,
      starts_at: null,
      room_id: null,
      capacity: null,
    })
  })

  test('a closure of the hospital', () => {
    const sent = exceptionSent({ ...draft, kind: 'closure', whom: 'hospital' })
    expect([sent.practitioner_id, sent.department_id]).toEqual([null, null])
  })

  test('an extra clinic', () => {
    const extra = { ...anExtra('dept', '2026-11-23'), practitioner_id: 'who', room_id: 'room' }
    expect(exceptionSent(extra)).toMatchObject({ department_id: 'dept', starts_at: '08:00', room_id: 'room', capacity: 4 })
  })

  test.each([
    [{ practitioner_id: '' }, 'choosePerson'],
    [{ last_day: '2026-11-22' }, 'wrongDays'],
    [{ kind: 'capacity' as const, capacity: null }, 'needsOnePool'],
    [{ kind: 'extra' as const, capacity: 0 }, 'needsPlaces'],
    [{}, null],
  ])('%o lacks %s', (changed, key) => expect(lackOf({ ...draft, ...changed })).toBe(key))
})
