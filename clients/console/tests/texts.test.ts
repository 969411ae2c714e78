import { expect, test } from 'vitest'
import { areas } from '@/texts'

function entries(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value as object).flatMap(([key, inner]) => entries(inner, `${path}.${key}`))
}

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()

test.each(Object.entries(areas))('%s says the same in both languages', (_, area) => {
  const chinese = entries(area['zh-CN'])
  const english = new Map(entries(area.en))
  expect([...english.keys()].sort()).toEqual(chinese.map(([key]) => key).sort())
  for (const [key, text] of chinese) expect(`${key} ${placeholders(english.get(key)!)}`).toBe(`${key} ${placeholders(text)}`)
})
