import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { typed, type Pressed } from '@/pages/desk/scanner/keys'
import { listenForScanner, type Scanner } from '@/pages/desk/scanner/listen'

const CODE = `H2.${'a'.repeat(27)}A.${'B'.repeat(85)}_`
let scanner: Scanner
let heard: string[]

beforeEach(() => {
  vi.useFakeTimers()
  heard = []
  scanner = listenForScanner((code) => heard.push(code))
  document.body.innerHTML = '<form><input id="one"><input id="two"><button>go</button></form>'
})

afterEach(() => {
  scanner.stop()
  vi.useRealTimers()
})

function press(key: string, at: number, more: Partial<KeyboardEventInit> = {}): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  Object.defineProperty(event, 'timeStamp', { value: at })
  const target = document.activeElement ?? document.body
  const goesOn = target.dispatchEvent(event)
  const types = goesOn && target instanceof HTMLInputElement && /^.$/u.test(key)
  if (types) {
    target.value += key
    target.dispatchEvent(new Event('input', { bubbles: true }))
  }
  return goesOn
}

function type(text: string, gap: number, at = 0): number {
  for (const key of text) press(key, (at += gap))
  return at
}

const field = (id = 'one') => document.getElementById(id) as HTMLInputElement

test('what the scanner typed is taken out of the field, what the person typed stays', () => {
  field().focus()
  const at = type('张小', 150)
  const end = type(CODE, 3, at + 300)
  expect(press('Enter', end + 3)).toBe(false)
  expect(heard).toEqual([CODE])
  expect(field().value).toBe('张小')
})

test('a person types as always, and Enter is theirs', () => {
  field().focus()
  const at = type('zhangxiaosan', 90)
  expect(press('Enter', at + 90)).toBe(true)
  expect(field().value).toBe('zhangxiaosan')
  expect(heard).toEqual([])
})

test('without any focus the scan is heard', () => {
  press('Enter', type(CODE, 4) + 4)
  expect(heard).toEqual([CODE])
})

test('a burst that runs through two fields leaves both as they were', () => {
  field('one').focus()
  let at = type(CODE.slice(0, 20), 3)
  field('two').focus()
  at = type(CODE.slice(20), 3, at)
  press('Enter', at + 3)
  expect([heard, field('one').value, field('two').value]).toEqual([[CODE], '', ''])
})

test('a missing Enter is not waited for, and a late one presses nothing', () => {
  field().focus()
  vi.spyOn(performance, 'now').mockReturnValue(600)
  const at = type(CODE, 3)
  vi.advanceTimersByTime(200)
  expect([heard, field().value]).toEqual([[CODE], ''])
  expect(press('Enter', at + 300)).toBe(false)
  expect(press('Enter', 2000)).toBe(true)
})

test('two scans in a row are two, into the same field', () => {
  field().focus()
  let at = type(CODE, 3)
  press('Enter', (at += 3))
  at = type('6901234567892', 3, at)
  press('Enter', at + 3)
  expect([heard, field().value]).toEqual([[CODE, '6901234567892'], ''])
})

test('with an input method on, the places of the keys tell the code, and the letters go', () => {
  field().focus()
  let at = 0
  for (const char of CODE) {
    at += 3
    const code = char === '.' ? 'Period' : char === '_' ? 'Minus' : char === '2' ? 'Digit2' : `Key${char.toUpperCase()}`
    const shiftKey = /[A-Z_]/.test(char)
    press('Process', at, { code, shiftKey, isComposing: true })
  }
  field().value = 'h2。aaaa' // what the method makes of it
  press('Process', at + 3, { code: 'Enter', isComposing: true })
  vi.runAllTimers()
  expect([heard, field().value]).toEqual([[CODE], ''])
  expect(document.activeElement).toBe(field())
})

const pressed = (key: string, code: string, shiftKey = false, capsLock = false): Pressed => ({
  key,
  code,
  shiftKey,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  repeat: false,
  getModifierState: (name) => name === 'CapsLock' && capsLock,
})

test.each([
  ['a', 'KeyA', false, false, 'a'],
  ['A', 'KeyA', false, true, 'a'], // CapsLock turns a scanner's letters round
  ['a', 'KeyA', true, true, 'A'],
  ['_', 'Minus', true, false, '_'],
  ['Process', 'Minus', true, false, '_'],
  ['。', 'Period', false, false, '.'],
  ['Process', 'Digit1', true, false, '!'],
  ['Process', 'Numpad7', false, false, '7'],
  ['Enter', 'NumpadEnter', false, false, 'Enter'],
  ['Shift', 'ShiftLeft', true, false, null],
  ['é', '', false, false, null],
])('%s at %s (shift %s, caps %s) types %s', (key, code, shift, caps, text) => {
  expect(typed(pressed(key, code, shift, caps))).toBe(text)
})

test('keys with Ctrl, Alt or held down type nothing', () => {
  expect(typed({ ...pressed('a', 'KeyA'), ctrlKey: true })).toBeNull()
  expect(typed({ ...pressed('a', 'KeyA'), altKey: true })).toBeNull()
  expect(typed({ ...pressed('a', 'KeyA'), repeat: true })).toBeNull()
})
