/**
 * Which character a key types. Pure.
 *
 * Scanners press the keys of an American keyboard. With a Chinese input method on, the browser calls every key
 * `Process` and the method eats it; with CapsLock on, capitals and small letters change places, which breaks a code.
 * In both cases the place of the key (`event.code`) and Shift still say what the scanner meant.
 * What cannot be: scanners set to type by Alt and the number pad, and remote desktops that send no `event.code`.
 */

export interface Pressed {
  key: string
  code: string
  shiftKey: boolean
  ctrlKey: boolean
  altKey: boolean
  metaKey: boolean
  repeat: boolean
  getModifierState(name: string): boolean
}

const PLACES: Record<string, [string, string]> = {
  Backquote: ['`', '~'],
  Minus: ['-', '_'],
  Equal: ['=', '+'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  Comma: [',', '<'],
  Period: ['.', '>'],
  Slash: ['/', '?'],
  Space: [' ', ' '],
  NumpadDecimal: ['.', '.'],
  NumpadDivide: ['/', '/'],
  NumpadMultiply: ['*', '*'],
  NumpadSubtract: ['-', '-'],
  NumpadAdd: ['+', '+'],
}
const SHIFTED_DIGITS = ')!@#$%^&*('

function byPlace(pressed: Pressed): string | null {
  const letter = /^Key([A-Z])$/.exec(pressed.code)?.[1]
  if (letter) return pressed.shiftKey ? letter : letter.toLowerCase()
  const digit = /^Digit(\d)$/.exec(pressed.code)?.[1]
  if (digit) return pressed.shiftKey ? SHIFTED_DIGITS[Number(digit)]! : digit
  const pad = /^Numpad(\d)$/.exec(pressed.code)?.[1]
  return pad ?? PLACES[pressed.code]?.[pressed.shiftKey ? 1 : 0] ?? null
}

/** Gives the character, `Enter`, or null for a key that types nothing or does something else. */
export function typed(pressed: Pressed): string | null {
  if (pressed.ctrlKey || pressed.altKey || pressed.metaKey || pressed.repeat) return null
  if (pressed.code === 'Enter' || pressed.code === 'NumpadEnter' || pressed.key === 'Enter') return 'Enter'
  const isPlain = /^[\x20-\x7e]$/.test(pressed.key)
  if (isPlain && !pressed.getModifierState('CapsLock')) return pressed.key
  return byPlace(pressed) ?? (isPlain ? pressed.key : null)
}
