import { beforeEach, expect, test, vi } from 'vitest'
import { watch } from 'vue'
import { Announcer, type Voice } from '@/board/announcer'
import { holds, keyOf, largeCall, newCalls, otherCalls, pastCalls, Spoken, type Board, type Call } from '@/board/calls'
import { dayIn, isOfToday, isStale, secondsIn, timeIn } from '@/board/freshness'
import { addressesOf } from '@/board/link'
import { languagesOf, pick } from '@/board/said'
import { texts } from '@/board/texts'
import { voiceFor } from '@/board/voice'

const call = (number: string, changes: Partial<Call> = {}): Call => ({
  number,
  name: '张*三',
  state: 'called',
  room: '2诊室',
  location: '门诊楼2层',
  call_count: 1,
  called_at: '2026-11-22T10:00:00+08:00',
  kind: 'call',
  speech: { 'zh-CN': `请 ${number} 号`, en: `Number ${number}` },
  ...changes,
})

const SETTINGS: Board['settings'] = {
  names: 'masked',
  languages: ['zh-CN', 'en'],
  alternates: false,
  voice: true,
  spoken: 'number',
  spoken_languages: ['zh-CN'],
  version: 1,
}

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
  ready: [],
  missed: [],
  last_calls: [],
  pause: null,
  notices: [],
  broadcast: null,
  settings: SETTINGS,
  ...changes,
})

beforeEach(() => localStorage.clear())

test('the department decides the languages, and the address of the page may name the large one', () => {
  expect(languagesOf(null, board([]))).toEqual(['zh-CN', 'en'])
  expect(languagesOf('en', board([]))).toEqual(['en', 'zh-CN'])
  expect(languagesOf('zh-TW', board([]))).toEqual(['zh-TW', 'zh-CN'])
  expect(languagesOf(null, board([], { settings: { ...SETTINGS, languages: ['zh-TW'] } }))).toEqual(['zh-TW', null])
  expect(languagesOf('xx', null)).toEqual(['zh-CN', 'en'])
  expect([pick({ 'zh-CN': '通知' }, 'en'), pick({ 'zh-CN': '通知', en: 'Notice' }, 'en')]).toEqual(['通知', 'Notice'])
})

test('the voice is that of the language, otherwise one of its family', () => {
  const voices = [{ lang: 'en-US' }, { lang: 'zh_CN' }, { lang: 'zh-TW' }]
  expect(voiceFor(voices, 'zh-TW')?.lang).toBe('zh-TW')
  expect(voiceFor(voices.slice(0, 2), 'zh-TW')?.lang).toBe('zh_CN')
  expect(voiceFor(voices, 'en')?.lang).toBe('en-US')
  expect(voiceFor([], 'en')).toBeUndefined()
})

test('a zone of several departments has an address of its own', () => {
  expect(addressesOf('a', '')).toEqual({ board: '/api/v1/queues/a/board', events: '/api/v1/queues/a/board/events' })
  expect(addressesOf('a', '?departments=a,b').events).toBe('/api/v1/boards/events?departments=a%2Cb')
})

test('who is asked to a door is spoken once, but not when the page has just been opened', () => {
  const door = call('A4', { state: 'ready', kind: 'ready', called_at: null })
  const here = board([], { ready: [door] })
  expect(newCalls(here, new Set(), true)).toEqual([])
  expect(newCalls(here, new Set()).map(keyOf)).toEqual(['door A4#1'])
  expect([holds(here, 'door A4#1'), holds(here, 'A4#1')]).toEqual([true, false])
  expect(newCalls(board([call('A4')]), new Set(['door A4#1'])).map(keyOf)).toEqual(['A4#1'])
})

test('calls of before stand beneath while nobody else shows their number', () => {
  const last = (number: string) => ({ number, name: '', room: '2诊室', called_at: null })
  const here = board([call('A2')], { last_calls: ['A2', 'A1'].map(last) })
  expect(pastCalls(here).map((one) => one.number)).toEqual(['A1'])
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
  expect(secondsIn('Asia/Shanghai', Date.parse('2026-11-22T09:31:04+08:00'))).toBe('9:31:04')
  expect(isOfToday(board([]), moment)).toBe(true)
  expect(isOfToday(board([]), moment + 60_000)).toBe(false)
})

function aVoice(isOn = true): Voice & { made: string[] } {
  const made: string[] = []
  return {
    made,
    isOn: () => isOn,
    chime: async () => void made.push('chime'),
    say: async (speech) => void made.push(speech.en!.replace('Number ', '')),
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

test('what fills the screen is said before all that waits', async () => {
  const voice = aVoice()
  await new Announcer(voice, () => true).warn({ 'zh-CN': '请离开', en: 'Please leave' })
  expect(voice.made).toEqual(['chime', 'Please leave'])
})

test('a screen reader is given each call once', async () => {
  const announcer = new Announcer(aVoice(), () => true)
  const read: unknown[] = []
  watch(announcer.spoken, (said) => read.push(said?.en), { flush: 'sync' })
  announcer.add([call('A1'), call('A2')])
  await vi.waitFor(() => expect(announcer.speaking.value).toBeNull())
  expect(read).toEqual(['Number A1', 'Number A2'])
})

test('the board says everything in all languages', () => {
  const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).join()
  for (const [key, text] of Object.entries(texts['zh-CN'])) for (const other of ['zh-TW', 'en'] as const) expect(holes(texts[other][key as 'title'])).toBe(holes(text))
})
