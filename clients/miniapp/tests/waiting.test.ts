/** What an entry of the waitlist says: order, position, chance, what is left of an offer, what is waited for. */
import { describe, expect, it } from 'vitest'
import { chanceOf, inOrder, isOpen, leftOf, namesOf, positionOf, type Entry } from '@/waiting/entries'
import { criteriaFor, wishOf } from '@/waiting/wishes'
import { speak } from '@/texts'
import { dayAfter, dayOf } from '@/texts/times'

function session(id: string, ahead = 0): Entry['sessions'][number] {
  return {
    session_id: id, department_id: 'd', department_name: '心内科', practitioner_id: 'p', practitioner_name: '王敏', practitioner_title: '主任医师',
    visit_type: 'ordinary', day: '2026-11-24', starts_at: '2026-11-24T08:00:00+08:00', ends_at: '2026-11-24T12:00:00+08:00',
    state: 'waiting', ahead, closes_at: '2026-11-24T11:00:00+08:00',
  }
}

function entry(part: Partial<Entry> = {}): Entry {
  return {
    id: '1', state: 'waiting', patients: [{ id: 'a', name: '张三' }], sessions: [session('s')], criteria: null, ahead: 0,
    chance: { hope: 'unknown', percent: null }, joined_at: '', closes_at: '2026-11-24T11:00:00+08:00', offer: null,
    appointment_ids: [], end_reason: null, version: 1, ...part,
  }
}

const offer: Entry['offer'] = {
  id: 'o', department_name: '心内科', practitioner_name: '王敏', practitioner_title: '', location: '', deadline: '', seconds_left: 60,
  places: [{ appointment_id: 'a', patient: { id: 'a', name: '张三' }, number: 1, starts_at: '2026-11-24T09:00:00+08:00', ends_at: '2026-11-24T09:30:00+08:00' }],
}

describe('an entry', () => {
  it('that asks for an answer comes first, what is over last', () => {
    const entries = [entry({ id: 'over', state: 'closed' }), entry({ id: 'waits' }), entry({ id: 'asks', state: 'offered', offer })]
    expect(inOrder(entries).map(({ id }) => id)).toEqual(['asks', 'waits', 'over'])
    expect(entries.map(isOpen)).toEqual([false, true, true])
  })

  it('says its position and its chance, and no number where the past says too little', () => {
    speak('zh-CN')
    expect(positionOf(entry())).toBe('您排在第 1 位')
    expect(positionOf(entry({ ahead: 3 }))).toBe('前面还有 3 人')
    expect(positionOf(entry({ ahead: null }))).toContain('还没有合适的班次')
    expect(chanceOf(entry())).not.toMatch(/\d/)
    expect(chanceOf(entry({ chance: { hope: 'good', percent: 70 } }))).toBe('希望较大（以往约 70% 等到）')
  })

  it('names both of two who come together', () => {
    speak('en')
    expect(namesOf(entry({ patients: [{ id: 'a', name: '张三' }, { id: 'b', name: '张小宝' }] }))).toBe('张三, 张小宝')
    speak('zh-CN')
  })

  it('shows the offered place before what was asked for', () => {
    expect(wishOf(entry({ state: 'offered', offer }))[0]?.when).toContain('09:00–09:30')
    expect(wishOf(entry())[0]).toMatchObject({ who: '王敏' })
    expect(wishOf(entry({ sessions: ['a', 'b', 'c'].map((id) => session(id)) }))).toHaveLength(2)
  })
})

describe('the time that is left', () => {
  it.each([
    [7199, '1 小时 59 分'],
    [3600, '1 小时 0 分'],
    [3599, '59:59'],
    [65.4, '01:05'],
    [-3, '00:00'],
  ])('of %s seconds is %s', (seconds, words) => {
    expect(leftOf(seconds)).toBe(words)
  })
})

it('a wish is so many days from today, and what is empty means any', () => {
  const asked = criteriaFor('d', { days: 3, halves: ['morning'], doctors: [] })
  expect(asked).toEqual({
    department_id: 'd', first_day: dayOf(), last_day: dayAfter(dayOf(), 2), practitioner_ids: [], halves: ['morning'], visit_types: [],
  })
})
