import { beforeEach, describe, expect, it } from 'vitest'
import { chosen, wishesOf, type Entry } from '../src/draws/draws'
import { clockOf, hear, pauseOf, secondsUntil, serverTime } from '../src/live/serverClock'
import { language } from '../src/texts'

beforeEach(() => (language.value = 'zh-CN'))

describe('the server’s clock', () => {
  it('is taken from the middle of the question, whatever the phone thinks', () => {
    const anHour = 3_600_000
    hear(new Date(Date.now() + anHour).toISOString(), Date.now())
    expect(Math.abs(serverTime() - Date.now() - anHour)).toBeLessThan(50)
    hear(new Date(Date.now()).toISOString(), Date.now() - 2000)
    expect(Math.abs(serverTime() - Date.now() - 1000)).toBeLessThan(50)
    hear(new Date(Date.now()).toISOString(), Date.now())
  })

  it('counts down to nothing and no further', () => {
    const now = Date.parse('2026-11-22T07:00:00+08:00')
    expect(secondsUntil('2026-11-22T07:00:30+08:00', now)).toBe(30)
    expect(secondsUntil('2026-11-22T07:00:00.001+08:00', now)).toBe(1)
    expect(secondsUntil('2026-11-22T06:59:00+08:00', now)).toBe(0)
    expect([clockOf(5), clockOf(309), clockOf(3909)]).toEqual(['00:05', '05:09', '1:05:09'])
  })

  it('asks at once but not all at once, then less and less often', () => {
    expect(pauseOf(0, 0)).toBe(0)
    expect(pauseOf(0, 1)).toBe(1500)
    expect([1, 2, 3, 9].map((times) => pauseOf(times, 0))).toEqual([1000, 3000, 7000, 29_000])
  })
})

describe('wishes', () => {
  it('stand in the order of choosing, three at most', () => {
    let wishes: string[] = []
    for (const id of ['b', 'a', 'c', 'd']) wishes = chosen(wishes, id)
    expect(wishes).toEqual(['b', 'a', 'c'])
    expect(chosen(wishes, 'b')).toEqual(['a', 'c'])
  })

  it('say when a time was taken away', () => {
    const entry = { wishes: [{ slot_id: 'a', starts_at: '2026-11-22T09:00:00+08:00' }, { slot_id: 'b', starts_at: null }] } as Entry
    expect(wishesOf(entry)).toBe('① 09:00  ② 已取消')
  })
})
