import { expect, test } from 'vitest'
import { nextTick, ref } from 'vue'
import { askedIn, endsIn, writtenIn } from '@/pages/complaints/acts'
import { leftOf, nextHand, seen, urgency, type Hand } from '@/pages/complaints/clocks'
import { isUntaken, isUrgentOrder, STATES, toneOf, type Complaint } from '@/pages/complaints/states'
import { useDraft } from '@/parts/draft'
import { placeAfter } from '@/parts/list-keys'
import { span, spanWords } from '@/parts/spans'
import { me } from '@/session'
import { areas, speak } from '@/texts'

const hand = (clock: string, seconds_left: number | null): Hand => ({
  clock,
  due_at: '2026-11-22T09:00:00+08:00',
  stopped_at: seconds_left === null ? '2026-11-22T08:59:00+08:00' : null,
  seconds_left,
  is_breached: false,
})

test('a clock runs on from what the server said, whatever this machine takes the time to be', () => {
  const came = 5_000_000
  expect(leftOf(hand('answer', 100), came, came)).toBe(100)
  expect(leftOf(hand('answer', 100), came, came + 99_999)).toBe(1)
  expect(leftOf(hand('answer', 100), came, came + 160_000)).toBe(-60)
  expect(leftOf(hand('answer', 100), came, came - 60_000)).toBe(100) // somebody set the machine's clock back
  expect(leftOf(hand('answer', null), came, came)).toBeNull()
  expect(seen({ a: 1 }).seenAt).toBeGreaterThan(0)
})

test('the next clock is the one that runs out first, or ran out first', () => {
  const hands = [hand('acknowledgement', null), hand('first_response', 50), hand('answer', 5000)]
  expect(nextHand(hands)?.clock).toBe('first_response')
  expect(nextHand([hand('first_response', -20), hand('answer', -500)])?.clock).toBe('answer')
  expect(nextHand([hand('acknowledgement', null)])).toBeNull()
  expect(nextHand([])).toBeNull()
})

test.each([
  [0, 's', { s: 0 }],
  [59, 's', { s: 59 }],
  [60, 'm', { m: 1 }],
  [3599, 'm', { m: 59 }],
  [3600, 'hm', { h: 1, m: 0 }],
  [-3905, 'hm', { h: 1, m: 5 }],
  [86_399, 'hm', { h: 23, m: 59 }],
  [86_400, 'dh', { d: 1, h: 0 }],
  [-100_000, 'dh', { d: 1, h: 3 }],
])('%i seconds are said in their largest units', (seconds, key, values) => {
  expect(span(seconds)).toEqual({ key, values })
})

test('a length of time is said in the language of who reads', () => {
  speak('zh-CN')
  expect(spanWords(3905)).toBe('1 小时 5 分')
  speak('en')
  expect(spanWords(720)).toBe('12 min')
})

test('a clock is told in time, soon, or overdue', () => {
  expect([700, 599, 0, -1].map(urgency)).toEqual(['quiet', 'wait', 'wait', 'bad'])
})

test('only what the server allows has a place on the screen', () => {
  const open = [{ closed_at: null }]
  const ended = [{ closed_at: '2026-11-22T09:00:00+08:00' }]
  const acts = ['acknowledge', 'reply', 'ask', 'note', 'answer', 'assign', 'escalate', 'withdrawn', 'merge', 'see_phone']
  expect(writtenIn(acts)).toEqual(['reply', 'answer', 'note'])
  expect(askedIn(acts, open)).toEqual(['assign', 'escalate', 'merge', 'close'])
  expect(askedIn(acts, ended)).toEqual(['assign', 'escalate', 'close'])
  expect(endsIn(acts)).toEqual(['withdrawn'])
  expect(endsIn(['closed_no_reply', 'closed_disagreed', 'reopen'])).toEqual(['closed_no_reply', 'closed_disagreed'])
  expect(askedIn(['reopen'], [])).toEqual(['reopen'])
  expect([writtenIn([]), askedIn([], open), endsIn([])]).toEqual([[], [], []])
})

test('open complaints are in the order of need, ended ones in the order of time', () => {
  expect(isUrgentOrder('open')).toBe(true)
  expect(isUrgentOrder('')).toBe(false)
  expect(STATES.filter((state) => !isUrgentOrder(state))).toEqual([
    'confirmed_closed',
    'closed_no_reply',
    'closed_disagreed',
    'withdrawn',
    'merged',
  ])
})

test('a complaint is untaken while its first clock runs', () => {
  const complaint = (left: number | null) => ({ clocks: [hand('acknowledgement', left)] }) as Complaint
  expect([5, -5, null].map((left) => isUntaken(complaint(left)))).toEqual([true, true, false])
})

test('every state has its word', () => {
  for (const language of ['zh-CN', 'en'] as const) {
    expect(Object.keys(areas.complaints[language].state).sort()).toEqual([...STATES].sort())
  }
  expect(STATES.map(toneOf)).not.toContain(undefined)
})

test('what somebody writes is kept for each complaint and each person until it is sent', async () => {
  me.value = { id: 'one' } as typeof me.value
  const id = ref('a')
  const text = useDraft(() => `complaint:${id.value}:reply`)
  text.value = '您好'
  id.value = 'b'
  await nextTick()
  expect(text.value).toBe('')
  id.value = 'a'
  await nextTick()
  expect(text.value).toBe('您好')
  expect(useDraft(() => 'complaint:a:reply').value).toBe('您好') // as after a reload
  me.value = { id: 'two' } as typeof me.value
  expect(useDraft(() => 'complaint:a:reply').value).toBe('')
  me.value = { id: 'one' } as typeof me.value
  text.value = ''
  expect(Object.keys({ ...sessionStorage })).toEqual([])
  me.value = null
})

test('keys move in a list and stop at its ends', () => {
  expect(['j', 'ArrowDown', 'k', 'ArrowUp', 'Home', 'End'].map((key) => placeAfter(key, 1, 3))).toEqual([2, 2, 0, 0, 0, 2])
  expect([placeAfter('j', -1, 3), placeAfter('j', 2, 3), placeAfter('k', 0, 3)]).toEqual([0, 2, 0])
  expect([placeAfter('Enter', 0, 3), placeAfter('j', -1, 0)]).toEqual([null, null])
})
