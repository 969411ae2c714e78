import { expect, test } from 'vitest'
import { isLater, pickedDay, plusDays, plusMonths, usualRevisits } from '@/pages/room/days'
import { draftOf, keepDraft } from '@/pages/room/drafts'
import { deedOf } from '@/pages/room/keymap'
import {
  arrivalOf,
  isOverdue,
  isPassOverDue,
  lineOf,
  marksOf,
  needsHelp,
  reasonOf,
  recallSeconds,
  runningClock,
  undoSeconds,
  waitedMinutes,
  withAnswer,
  type Day,
  type Ticket,
} from '@/pages/room/line'
import { roomToEnter, type Room } from '@/pages/room/rooms'

const OURS = { id: 'r1', name: '1诊室', location: '2层' }
const THEIRS = { id: 'r2', name: '2诊室', location: '2层' }
const ROOM = { ...OURS, state: 'open', department: { id: 'd', name: '内科' }, practitioner: null, pause: null, version: 1 } as Room
const RULES: Day['rules'] = {
  ready_places: 0,
  recall_seconds: 10,
  suggest_after_calls: 3,
  suggest_after_seconds: 120,
  misses_until_gone: 3,
  hold_minutes: 15,
  norm_greeted_seconds: 10,
  norm_fetched_minutes: 5,
  norm_wait_minutes: 30,
}
const NINE = Date.parse('2026-01-31T09:00:00+08:00')

function aTicket(values: Partial<Ticket> = {}): Ticket {
  return {
    id: values.number ?? 'A001',
    number: 'A001',
    state: 'waiting',
    department: { id: 'd', name: '内科' },
    practitioner: null,
    room: null,
    patient: { id: 'p', name: '张*三' },
    appointment_id: null,
    triage: 'normal',
    flags: [],
    checked_in_at: '2026-01-31T08:40:00+08:00',
    called_at: null,
    call_count: 0,
    miss_count: 0,
    started_at: null,
    finished_at: null,
    stage: '',
    next_place: '',
    reason: '',
    ready_place: null,
    turn_calls: 0,
    held_until: null,
    greeted_at: null,
    informed_at: null,
    undo_until: null,
    version: 1,
    rule: 'walk_in',
    band: null,
    ...values,
  }
}

function aDay(...tickets: Ticket[]): Day {
  const at = '2026-01-31T09:00:00+08:00'
  const next_id = tickets.find((ticket) => ticket.state === 'waiting')?.id ?? null
  return { version: 1, at, day: '2026-01-31', room: ROOM, tickets, next_id, pause: null, rules: RULES, others_waiting: 0, seen: [] }
}

test('days to come again cross the ends of months and years', () => {
  expect(usualRevisits('2026-01-31').map((one) => one.day)).toEqual([
    '2026-02-03',
    '2026-02-07',
    '2026-02-14',
    '2026-02-28',
  ])
  expect(plusMonths('2024-01-31', 1)).toBe('2024-02-29')
  expect(plusMonths('2026-12-15', 1)).toBe('2027-01-15')
  expect(plusMonths('2026-03-31', 1)).toBe('2026-04-30')
  expect(plusDays('2026-12-29', 3)).toBe('2027-01-01')
})

test('days are days of the hospital, also where this machine changes to summer time', () => {
  expect(plusDays('2026-03-28', 2)).toBe('2026-03-30')
  expect(plusDays('2026-10-24', 2)).toBe('2026-10-26')
  expect(pickedDay(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05')
  expect(isLater('2026-02-01', '2026-01-31')).toBe(true)
  expect(isLater('2026-01-31', '2026-01-31')).toBe(false)
})

test('minutes of waiting end with the call and are never negative', () => {
  expect(waitedMinutes(aTicket(), NINE)).toBe(20)
  expect(waitedMinutes(aTicket({ called_at: '2026-01-31T08:52:59+08:00' }), NINE)).toBe(12)
  expect(waitedMinutes(aTicket({ checked_in_at: '2026-01-31T09:00:02+08:00' }), NINE)).toBe(0)
  expect(runningClock('2026-01-31T08:55:56+08:00', NINE)).toBe('4:04')
  expect(runningClock('2026-01-31T07:55:00+08:00', NINE)).toBe('1:05:00')
  expect(runningClock('2026-01-31T09:00:01+08:00', NINE)).toBe('0:00')
})

test('an act can be taken back until the moment that the server says', () => {
  const called = aTicket({ state: 'called', undo_until: '2026-01-31T09:00:20+08:00' })
  expect(undoSeconds(called, NINE)).toBe(20)
  expect(undoSeconds(called, NINE + 20_000)).toBe(0)
  expect(undoSeconds({ undo_until: null }, NINE)).toBe(0)
  expect(undoSeconds(called, NINE - 60_000)).toBe(60)
})

test('a second call waits some seconds, and passing over is proposed after calls or time', () => {
  const called = aTicket({ state: 'called', called_at: '2026-01-31T08:59:55+08:00', turn_calls: 3 })
  expect(recallSeconds(called, RULES, NINE)).toBe(5)
  expect(recallSeconds(called, RULES, NINE + 5_000)).toBe(0)
  expect(isPassOverDue(called, RULES, NINE)).toBe(false)
  expect(isPassOverDue(called, RULES, NINE + 5_000)).toBe(true)
  const once = { ...called, turn_calls: 1 }
  expect([60, 115].map((seconds) => isPassOverDue(once, RULES, NINE + seconds * 1000))).toEqual([false, true])
  expect(isPassOverDue({ ...once, state: 'in_service' }, RULES, NINE + 500_000)).toBe(false)
})

test('who stepped aside and did not come back is marked, and who needs help too', () => {
  const held = aTicket({ state: 'held', held_until: '2026-01-31T09:00:00+08:00' })
  expect([isOverdue(held, NINE), isOverdue(held, NINE + 1)]).toEqual([false, true])
  expect(isOverdue(aTicket(), NINE)).toBe(false)
  expect([{}, { flags: ['wheelchair'] }, { triage: 'urgent' }].map((one) => needsHelp(aTicket(one)))).toEqual([false, true, true])
})

test('tickets are grouped by where they are, in the order of calling', () => {
  const line = lineOf(
    aDay(
      aTicket({ number: 'A002', state: 'called', room: THEIRS }),
      aTicket({ number: 'A001', state: 'in_service', room: OURS }),
      aTicket({ number: 'A005' }),
      aTicket({ number: 'A004' }),
      aTicket({ number: 'A003', state: 'missed' }),
      aTicket({ number: 'A006', state: 'away' }),
      aTicket({ number: 'A007', state: 'held' }),
    ),
  )
  expect(line.now?.number).toBe('A001')
  expect(line.waiting.map((ticket) => ticket.number)).toEqual(['A005', 'A004'])
  expect([line.missed, line.away, line.held].map((group) => group.map((ticket) => ticket.number))).toEqual([
    ['A003'],
    ['A006'],
    ['A007'],
  ])
})

test('the reason of a place has the booked time in the zone of the hospital', () => {
  const band = ['2026-01-31T09:10:00+08:00', '2026-01-31T09:40:00+08:00']
  expect(reasonOf(aTicket({ rule: 'band', band }))).toEqual({ rule: 'band', band: '09:10–09:40' })
  expect(marksOf({ triage: 'urgent', flags: ['child'] })).toEqual(['urgent', 'child'])
  expect(marksOf({ triage: 'normal', flags: [] })).toEqual([])
})

test('an answer is seen at once, before the day is read anew', () => {
  const day = aDay(aTicket({ number: 'A001', rule: 'band' }), aTicket({ number: 'A002' }))
  const held = withAnswer(day, aTicket({ number: 'A001', state: 'held', version: 2 }))
  expect(lineOf(held).held.map((ticket) => ticket.number)).toEqual(['A001'])
  const done = withAnswer(day, aTicket({ number: 'A001', state: 'done' }))
  expect([done.tickets.length, done.seen.map((ticket) => ticket.number)]).toEqual([1, ['A001']])
  expect(withAnswer(day, aTicket({ number: 'A002', state: 'left' })).tickets.length).toBe(1)
})

test('a room that waits hears of the first patient, and every room of an urgent one', () => {
  const first = aTicket()
  expect(arrivalOf(aDay(), aDay(first))).toEqual({ kind: 'first', number: 'A001' })
  expect(arrivalOf(aDay(first), aDay(first, aTicket({ number: 'A002' })))).toBeNull()
  const inside = aTicket({ number: 'A009', state: 'in_service', room: OURS })
  expect(arrivalOf(aDay(inside), aDay(inside, first))).toBeNull()
  const urgent = aTicket({ number: 'A003', triage: 'urgent' })
  expect(arrivalOf(aDay(inside), aDay(inside, urgent))).toEqual({ kind: 'urgent', number: 'A003' })
  expect(arrivalOf(aDay(inside, urgent), aDay(inside, urgent))).toBeNull()
  const paused = { ...aDay(first), room: { ...ROOM, state: 'paused' } }
  expect(arrivalOf(aDay(), paused)).toBeNull()
})

test('keys do only what the state of the room allows', () => {
  const some = { mayKnow: true, mayAskForward: false }
  const idle = { state: null, mayCall: true, mayUndo: false, ...some }
  const called = { state: 'called', mayCall: true, mayUndo: true, ...some }
  const inside = { state: 'in_service', mayCall: true, mayUndo: false, ...some }
  expect(['F1', 'Shift+F2'].map((key) => deedOf(key, inside))).toEqual(['know', null])
  expect(deedOf('F1', { ...idle, mayKnow: false })).toBeNull()
  expect(['F8', 'Space', 'F2', 'F9'].map((key) => deedOf(key, idle))).toEqual(['call', 'call', null, null])
  expect(deedOf('F8', { ...idle, mayCall: false })).toBeNull()
  expect(['F8', 'Space', 'F2', 'F7', 'F9', 'Ctrl+Z'].map((key) => deedOf(key, called))).toEqual([
    null,
    null,
    'start',
    'pass-over',
    null,
    'undo',
  ])
  expect(['F2', 'F7', 'F9', 'F10', 'Ctrl+Z'].map((key) => deedOf(key, inside))).toEqual([
    null,
    null,
    'finish',
    'stage',
    null,
  ])
  expect(deedOf('Shift+F8', inside)).toBe('pause')
  expect(deedOf('a', idle)).toBeNull()
})

test('the room is the remembered one, or the only one, or has to be chosen', () => {
  const other = { ...ROOM, id: 'r2' }
  expect(roomToEnter([ROOM, other], 'r2')).toBe(other)
  expect(roomToEnter([ROOM, other], null)).toBeNull()
  expect(roomToEnter([ROOM], 'gone')).toBe(ROOM)
  expect(roomToEnter([], null)).toBeNull()
})

test('the words of an unfinished visit are kept for that visit alone', () => {
  keepDraft('one', { advice: '多休息', revisit: '' })
  expect(draftOf('one').advice).toBe('多休息')
  keepDraft('two', { advice: '', revisit: '2026-02-03' })
  expect(draftOf('one')).toEqual({ advice: '', revisit: '' })
})
