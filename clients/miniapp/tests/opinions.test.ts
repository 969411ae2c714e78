import { beforeEach, describe, expect, it } from 'vitest'
import { soon, stepsOf, toneOf, type Complaint } from '../src/opinions/complaints'
import { asked, BLANK, bodyOf, isSaid, saysSomething, type Item } from '../src/opinions/survey'
import { areas, language } from '../src/texts'
import { dayAfter, dayOf } from '../src/texts/times'

const today = dayOf()
const at = (time: string, day = today) => `${day}T${time}:00+08:00`
const complaint = (state: string, more: Partial<Complaint> = {}) =>
  ({ state, received_at: at('09:00'), response_due_at: at('10:00'), answer_due_at: at('09:00', dayAfter(today, 1)), closed_at: null, ...more }) as Complaint
const stands = (state: string) => stepsOf(complaint(state), Date.parse(at('09:30'))).map((step) => step.stands)

beforeEach(() => (language.value = 'zh-CN'))

describe('the steps of a complaint', () => {
  it.each([
    ['triaged', ['done', 'now', 'later', 'later', 'later']],
    ['assigned', ['done', 'done', 'now', 'later', 'later']],
    ['waiting_patient', ['done', 'done', 'done', 'now', 'later']],
    ['answered', ['done', 'done', 'done', 'done', 'now']],
    ['confirmed_closed', ['done', 'done', 'done', 'done', 'done']],
    ['reopened', ['done', 'now', 'later', 'later', 'later']],
    ['closed_disagreed', []],
    ['a_new_state', []],
  ])('%s', (state, expected) => expect(stands(state)).toEqual(expected))

  it('say honestly that a promise is broken, only while it counts', () => {
    const late = (state: string) => stepsOf(complaint(state), Date.parse(at('10:01'))).filter((step) => step.isLate).map((step) => step.key)
    expect(late('assigned')).toEqual(['responded'])
    expect(late('responded')).toEqual([])
  })

  it('ask for the patient where it is the patient’s turn', () => {
    expect([toneOf(complaint('answered')), toneOf(complaint('assigned')), toneOf(complaint('withdrawn', { closed_at: at('11:00') }))]).toEqual([
      'wait', 'known', 'plain',
    ])
  })

  it('have a word for each', () => {
    for (const { key } of stepsOf(complaint('answered'))) expect(areas.complaint['zh-CN'][`step.${key}`]).toBeTruthy()
  })

  it('name a moment within a sentence', () => {
    expect(soon(at('15:20'))).toBe('15:20')
    expect(soon(at('09:00', dayAfter(today, 1)))).toBe('明天 09:00')
    language.value = 'en'
    expect(soon(at('09:00', dayAfter(today, 1)))).toBe('tomorrow 09:00')
  })
})

describe('a survey', () => {
  const items = (['stars', 'text', 'tags', 'yes_no'] as const).map((type) => ({ id: type, type, text: '?', dimension: 'd' }) as Item)

  it('sends what was said and nothing else', () => {
    const filled = { ...BLANK, answers: { stars: 2, text: '  ', tags: [], yes_no: false, gone: 5 }, comment: ' 等太久 ', contactMe: true }
    expect(bodyOf(filled, items)).toEqual({ answers: { stars: 2, yes_no: false }, comment: '等太久', contact_me: true })
  })

  it('asks only where the rules of skipping hold', () => {
    const waiting = { id: 'waiting', type: 'stars', scale: 'L5', may_be_na: true } as Item
    const minutes = { id: 'minutes', type: 'single', shown_if: [{ item: 'waiting', how: 'at_most', value: 3 }] } as Item
    const why = { id: 'why', type: 'text', shown_if: [{ item: 'minutes', how: 'is_not', value: 'short' }] } as unknown as Item
    const seen = (answers: Record<string, number | string>) => asked([waiting, minutes, why], answers).map(({ id }) => id)
    expect(seen({})).toEqual(['waiting'])
    expect(seen({ waiting: 3 })).toEqual(['waiting', 'minutes'])
    expect(seen({ waiting: 'na' })).toEqual(['waiting'])
    expect(seen({ waiting: 1, minutes: 'long' })).toEqual(['waiting', 'minutes', 'why'])
    expect(seen({ waiting: 5, minutes: 'long' })).toEqual(['waiting'])
  })

  it('is not sent empty', () => {
    expect(saysSomething(BLANK, items)).toBe(false)
    expect(saysSomething({ ...BLANK, contactMe: true }, items)).toBe(true)
    expect(saysSomething({ ...BLANK, answers: { stars: 1 } }, items)).toBe(true)
    expect([isSaid(0), isSaid(false), isSaid(''), isSaid([]), isSaid(undefined)]).toEqual([true, true, false, false, false])
  })
})
