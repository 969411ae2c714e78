import { expect, test } from 'vitest'
import { Burst, type Scan } from '@/pages/desk/scanner/burst'

const OURS = `H2.${'a'.repeat(27)}A.${'B'.repeat(85)}_`

/** Presses the keys of a text `gap` ms apart from `at` on; gives the scan of the last key and the time after it. */
function type(burst: Burst, text: string, { at = 0, gap = 3, enter = true } = {}): { scan: Scan | null; at: number } {
  let scan: Scan | null = null
  for (const key of enter ? [...text, 'Enter'] : [...text]) {
    scan = burst.press({ text: key, at })
    at += gap
  }
  return { scan, at }
}

test('a burst with Enter is a scan, of our code and of any other', () => {
  expect(type(new Burst(), OURS).scan).toEqual({ code: OURS, from: 0 })
  expect(type(new Burst(), '6901234567892').scan).toEqual({ code: '6901234567892', from: 0 })
  expect(type(new Burst(), 'https://example.cn/?a=1').scan?.code).toBe('https://example.cn/?a=1')
})

test('a slow wireless scanner is heard with our code', () => {
  expect(type(new Burst(), OURS, { gap: 60 }).scan?.code).toBe(OURS)
})

test.each([1, 3, 40, 117])('a whole code of ours survives a stutter after %i keys', (keys) => {
  const burst = new Burst()
  const half = type(burst, OURS.slice(0, keys), { enter: false })
  expect(type(burst, OURS.slice(keys), { at: half.at + 400, gap: 40 }).scan?.code).toBe(OURS)
})

test('a piece of our code typed by hand is no scan', () => {
  expect(type(new Burst(), 'H2.abc.def', { gap: 150 }).scan).toBeNull()
})

test.each([70, 110, 180, 400])('somebody who types with %i ms from key to key is no scanner', (gap) => {
  expect(type(new Burst(), 'zhangxiaosan', { gap }).scan).toBeNull()
  expect(type(new Burst(), '13800138000', { gap }).scan).toBeNull()
})

test('keys that roll over each other are no scan', () => {
  const burst = new Burst()
  const pairs = [0, 18, 140, 150, 310, 330, 480, 495, 640]
  pairs.forEach((at, index) => burst.press({ text: 'zxszxszxs'[index]!, at }))
  expect(burst.press({ text: 'Enter', at: 700 })).toBeNull()
})

test('a short burst is a person who answers a question fast', () => {
  expect(type(new Burst(), '1234').scan).toBeNull()
})

test('what was typed by hand before the burst is not part of it', () => {
  const burst = new Burst()
  const hand = type(burst, '张zh', { gap: 80, enter: false })
  expect(type(burst, OURS, { at: hand.at }).scan).toEqual({ code: OURS, from: 3 })
  const digits = type(burst, '138', { at: 10_000, gap: 90, enter: false })
  const scan = type(burst, '6901234567892', { at: digits.at }).scan
  expect(scan?.code).toBe('6901234567892')
})

test('two scans in a row are two', () => {
  const burst = new Burst()
  const first = type(burst, OURS)
  expect(first.scan?.code).toBe(OURS)
  expect(type(burst, '6901234567892', { at: first.at }).scan?.code).toBe('6901234567892')
})

test('Enter long after the keys is a person pressing Enter', () => {
  const burst = new Burst()
  const typed = type(burst, '6901234567892', { enter: false })
  expect(burst.press({ text: 'Enter', at: typed.at + 500 })).toBeNull()
})

test('a whole code of ours needs no Enter, any other does', () => {
  const burst = new Burst()
  type(burst, OURS, { enter: false })
  expect(burst.silence()?.code).toBe(OURS)
  type(burst, '6901234567892', { enter: false })
  expect(burst.silence()).toBeNull()
  const half = type(burst, OURS.slice(0, 60), { at: 5000, enter: false })
  expect(burst.silence()).toBeNull()
  type(burst, OURS.slice(60), { at: half.at, enter: false }) // the page was busy, the scanner was not
  expect(burst.silence()?.code).toBe(OURS)
})

test('Enter alone, and twice, is nothing', () => {
  const burst = new Burst()
  expect(burst.press({ text: 'Enter', at: 0 })).toBeNull()
  expect(burst.press({ text: 'Enter', at: 4 })).toBeNull()
})

test('a key in a burst is no shortcut, a key by itself is', () => {
  const burst = new Burst()
  burst.press({ text: '/', at: 0 })
  expect(burst.isFast).toBe(false)
  burst.press({ text: '/', at: 5 })
  expect(burst.isFast).toBe(true)
})
