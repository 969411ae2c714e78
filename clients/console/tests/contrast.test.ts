/** The promise of the tokens: every pair of ink and ground that the pages use can be read (WCAG 2.1 AA). */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const source = readFileSync('../design/tokens.scss', 'utf8')

function colours(mixin: string): Record<string, string> {
  const body = source.split(`@mixin ${mixin} {`)[1]!.split('\n}')[0]!
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!]))
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const GROUNDS = ['paper', 'surface', 'sunken']
const text: [string, string][] = [
  ...GROUNDS.flatMap((ground): [string, string][] => [
    ['ink', ground],
    ['ink-soft', ground],
    ['brand', ground],
    ['bad', ground],
    ['good', ground],
    ['call', ground],
  ]),
  ['on-brand', 'brand'],
  ['on-brand', 'brand-strong'],
  ['on-call', 'call'],
  ...['good', 'known', 'wait', 'bad'].flatMap((state): [string, string][] => [
    ['on-strong', state],
    [state, `${state}-wash`],
    ['ink', `${state}-wash`],
  ]),
  ['call', 'call-wash'],
  ['ink', 'call-wash'],
  ['brand', 'brand-wash'],
  ['brand-strong', 'brand-wash'],
]

test.each(text)('%s on %s', (ink, ground) => {
  const light = colours('colours')
  expect(contrast(light[ink]!, light[ground]!)).toBeGreaterThanOrEqual(4.5)
})

test.each([
  ['ink', 'paper'],
  ['ink', 'surface'],
  ['ink-soft', 'paper'],
  ['ink-soft', 'surface'],
  ['brand', 'paper'],
  ['call', 'paper'],
  ['call', 'call-wash'],
  ['on-call', 'call'],
  ['on-brand', 'brand'],
])('on the board: %s on %s', (ink, ground) => {
  const dark = { ...colours('colours'), ...colours('dark') }
  expect(contrast(dark[ink]!, dark[ground]!)).toBeGreaterThanOrEqual(4.5)
})

test.each(GROUNDS.slice(0, 2))('the border of a field is seen on %s', (ground) => {
  const light = colours('colours')
  expect(contrast(light['line-strong']!, light[ground]!)).toBeGreaterThanOrEqual(3)
})
