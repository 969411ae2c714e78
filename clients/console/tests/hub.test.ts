import { expect, test } from 'vitest'
import { fold } from '@/pages/hub/folding'
import { CHANNELS, EVENTS, STATES, stepsOf, toneOf, type Story } from '@/pages/hub/states'
import { recipientOf, wordOf } from '@/pages/hub/words'
import { areas, speak } from '@/texts'

test('a list that is read stays where it is: its lines are brought up to date, new ones are counted', () => {
  const shown = [
    { id: '5', state: 'sending' },
    { id: '3', state: 'accepted' },
  ]
  const fresh = [
    { id: '8', state: 'planned' },
    { id: '7', state: 'planned' },
    { id: '5', state: 'accepted' },
  ]
  expect(fold(shown, fresh)).toEqual({
    items: [
      { id: '5', state: 'accepted' },
      { id: '3', state: 'accepted' },
    ],
    news: 2,
  })
  expect(fold(shown, [])).toEqual({ items: shown, news: 0 })
  expect(fold([], fresh)).toEqual({ items: [], news: 3 })
})

test('what happened to one delivery is told in order, calls and acts together', () => {
  const attempt = (delivery_id: string, started_at: string) => ({
    delivery_id,
    started_at,
    ended_at: null,
    fence: 1,
    outcome: null,
    code: '',
    detail: '',
  })
  const act = { delivery_id: 'a', from_state: 'failed', to_state: 'ready', by_kind: 'staff', by_id: null, at: '2026-11-22T09:01:00+08:00' }
  const story = {
    attempts: [
      attempt('a', '2026-11-22T09:00:00+08:00'),
      attempt('b', '2026-11-22T09:00:30+08:00'),
      attempt('a', '2026-11-22T09:02:00+08:00'),
    ],
    acts: [act],
    receipts: [],
  } as unknown as Story
  const steps = stepsOf(story, { id: 'a' } as Story['deliveries'][number])
  expect(steps.map((step) => step.number ?? step.act?.to_state)).toEqual([1, 'ready', 2])
  expect(stepsOf(story, { id: 'c' } as Story['deliveries'][number])).toEqual([])
})

test('every state, event and channel has its word, every state its meaning', () => {
  for (const language of ['zh-CN', 'en'] as const) {
    const words = areas.hub[language]
    expect(Object.keys(words.state).sort()).toEqual([...STATES].sort())
    expect(Object.keys(words.meaning).sort()).toEqual([...STATES].sort())
    expect(Object.keys(words.event).sort()).toEqual([...EVENTS].sort())
    // groups and digests are no channels of their own
    expect(Object.keys(words.channel).sort()).toEqual([...CHANNELS, 'digest', 'sms'].sort())
  }
  expect(toneOf('failed')).toBe('bad')
  expect(toneOf('suppressed')).toBe('quiet')
})

test('a code without a word is shown as it is, and nobody is named who is not given', () => {
  speak('zh-CN')
  expect(wordOf('channel', 'wecom_robot')).toBe('企业微信群机器人')
  expect(wordOf('event', 'something_new')).toBe('something_new')
  expect(recipientOf({ kind: 'account', id: 'x', shown: '…abcd' })).toBe('患者账号 …abcd')
  expect(recipientOf({ kind: 'staff', id: null, shown: '' })).toBe('工作群')
})
