import { beforeEach, expect, test, vi } from 'vitest'
import { Announcer, type Voice } from '@/board/announcer'
import { keyOf, largeCall, newCalls, otherCalls, Spoken, type Board, type Call } from '@/board/calls'
import { dayIn, isOfToday, isStale, timeIn } from '@/board/freshness'
import { sentence, spelled, spokenName } from '@/board/speech'
import { texts } from '@/board/texts'

const call = (number: string, changes: Partial<Call> = {}): Call => ({
  number,
  name: '张*三',
  state: 'called',
  room: '2诊室',
  location: '门诊楼2层',
  call_count: 1,
  called_at: '2026-11-22T10:00:00+08:00',
  ...changes,
})

const board = (called: Call[], changes: Partial<Board> = {}): Board => ({
  version: 1,
  at: '2026-11-22T10:00:05+08:00',
  day: '2026-11-22',
  timezone: 'Asia/Shanghai',
  department: '急诊医学科',
  location: '急诊楼1层',
  rooms: [],
  called,
  next: [],
  waiting: 0,
  ...changes,
})

beforeEach(() => localStorage.clear())

test('digits are read one by one, the masked name by the family name alone', () => {
  expect(sentence(call('E001'), 'zh-CN')).toBe('请 E 零 零 一 号，张某，到 2诊室 就诊')
  expect(sentence(call('E001', { name: 'J***' }), 'zh-CN')).toBe('请 E 零 零 一 号，到 2诊室 就诊')
  expect(sentence(call('E001'), 'en')).toBe('Number E 0 0 1, please go to 2诊室')
  expect(spokenName('*')).toBe('')
  expect(spelled('XN120', 'zh-CN')).toBe('X N 一 二 零')
})

test('a call is new once, and a recall is new again', () => {
  const spoken = new Set([keyOf(call('A1'))])
  expect(newCalls(board([call('A1')]), spoken)).toEqual([])
  expect(newCalls(board([call('A1', { call_count: 2 })]), spoken).map(keyOf)).toEqual(['A1#2'])
})

test('calls of one moment are spoken in the order in which they were made', () => {
  const late = call('A2', { called_at: '2026-11-22T10:00:03+08:00' })
  expect(newCalls(board([late, call('A1')]), new Set()).map((one) => one.number)).toEqual(['A1', 'A2'])
})

test('who is in the room is not called, and an old call is shown but not spoken', () => {
  const inside = call('A1', { state: 'in_service' })
  const old = call('A2', { called_at: '2026-11-22T09:50:00+08:00' })
  expect(newCalls(board([inside, old]), new Set())).toEqual([])
  expect(largeCall(board([inside, old]), null)?.number).toBe('A2')
})

test('the call that is spoken stands large, otherwise the newest; the others stand beneath', () => {
  const here = board([call('A3'), call('A2'), call('A1', { state: 'in_service' })])
  expect(largeCall(here, 'A2#1')?.number).toBe('A2')
  expect(largeCall(here, null)?.number).toBe('A3')
  expect(otherCalls(here, largeCall(here, null)).map((one) => one.number)).toEqual(['A2', 'A1'])
  expect(largeCall(board([call('A1', { state: 'in_service' })]), null)).toBeNull()
})

test('a reload does not speak again, another day and another department do', () => {
  const first = new Spoken('one')
  first.begin('2026-11-22')
  first.add([call('A1')])
  const reloaded = new Spoken('one')
  reloaded.begin('2026-11-22')
  expect([...reloaded.keys]).toEqual(['A1#1'])
  reloaded.begin('2026-11-23')
  expect([...reloaded.keys]).toEqual([])
  const elsewhere = new Spoken('two')
  elsewhere.begin('2026-11-22')
  expect([...elsewhere.keys]).toEqual([])
})

test('a board is old after silence, or soon after the link broke; before the first board it is not', () => {
  expect(isStale({ confirmed: null, brokenSince: 0 }, 60_000)).toBe(false)
  expect(isStale({ confirmed: 0, brokenSince: null }, 8_000)).toBe(false)
  expect(isStale({ confirmed: 0, brokenSince: null }, 9_500)).toBe(true)
  expect(isStale({ confirmed: 0, brokenSince: 1_000 }, 3_500)).toBe(false)
  expect(isStale({ confirmed: 0, brokenSince: 1_000 }, 4_500)).toBe(true)
})

test('days and times are those of the hospital, wherever the screen believes to be', () => {
  const moment = Date.parse('2026-11-22T23:59:30+08:00')
  expect([dayIn('Asia/Shanghai', moment), timeIn('Asia/Shanghai', moment)]).toEqual(['2026-11-22', '23:59'])
  expect(isOfToday(board([]), moment)).toBe(true)
  expect(isOfToday(board([]), moment + 60_000)).toBe(false)
})

function aVoice(isOn = true): Voice & { made: string[] } {
  const made: string[] = []
  return {
    made,
    isOn: () => isOn,
    chime: async () => void made.push('chime'),
    say: async (one) => void made.push(one.number),
    pause: async () => undefined,
  }
}

test('each call sounds and is said twice, one after the other', async () => {
  const voice = aVoice()
  const announcer = new Announcer(voice, () => true)
  announcer.add([call('A1')])
  announcer.add([call('A2')])
  await vi.waitFor(() => expect(announcer.speaking.value).toBeNull())
  expect(voice.made).toEqual(['chime', 'A1', 'A1', 'chime', 'A2', 'A2'])
})

test('a call that was taken back in the meantime is not said', async () => {
  const voice = aVoice()
  const announcer = new Announcer(voice, (key) => key !== 'A2#1')
  announcer.add([call('A1'), call('A2')])
  await vi.waitFor(() => expect(announcer.speaking.value).toBeNull())
  expect(voice.made).toEqual(['chime', 'A1', 'A1'])
})

test('a mute board says nothing but shows every call in its turn', async () => {
  const voice = aVoice(false)
  const shown: (string | null)[] = []
  const announcer = new Announcer({ ...voice, pause: async () => void shown.push(announcer.speaking.value) }, () => true)
  announcer.add([call('A1'), call('A2')])
  await vi.waitFor(() => expect(announcer.speaking.value).toBeNull())
  expect([voice.made, shown]).toEqual([[], ['A1#1', 'A2#1']])
})

test('the board says everything in both languages', () => {
  const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).join()
  for (const [key, text] of Object.entries(texts['zh-CN'])) expect(holes(texts.en[key as 'title'])).toBe(holes(text))
})
