import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import pages from '../src/pages.json'
import { areas, closest, language, LANGUAGES, say, t } from '../src/texts'
import { dayAfter, longTime, nearDay, dayOf } from '../src/texts/times'

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort()

describe('texts', () => {
  it.each(Object.keys(areas) as (keyof typeof areas)[])('%s is complete in every language', (area) => {
    const source: Record<string, string> = areas[area]['zh-CN']
    for (const other of LANGUAGES) {
      const words: Record<string, string> = areas[area][other]
      expect(Object.keys(words).sort()).toEqual(Object.keys(source).sort())
      for (const [key, text] of Object.entries(source)) {
        const own = words[key] ?? ''
        expect(own.trim(), `${other} ${area}.${key}`).not.toBe('')
        // the parts of a day are a language's own affair
        if (!key.startsWith('day')) expect(holes(own), `${other} ${area}.${key}`).toEqual(holes(text))
      }
    }
  })

  it('fills holes', () => {
    language.value = 'en'
    expect(t('common.waitSeconds', { n: 7 })).toBe('Please try again in 7 s.')
    language.value = 'zh-CN'
    expect(t('common.waitSeconds', { n: 7 })).toBe('请 7 秒后再试。')
  })

  it('shows a state that it has no word for', () => {
    expect(say('appointment.state', 'booked')).toBe('已预约')
    expect(say('appointment.state', 'new_state')).toBe('new_state')
  })

  it.each([['zh_CN', 'zh-CN'], ['zh-Hans-HK', 'zh-CN'], ['zh_TW', 'zh-TW'], ['zh-Hant', 'zh-TW'], ['en-GB', 'en'], ['ja', 'en'], ['', 'zh-CN']])(
    'takes %s for %s',
    (tag, wanted) => expect(closest(tag)).toBe(wanted),
  )
})

describe('times', () => {
  it('shows the hospital’s wall clock, whatever the device thinks', () => {
    const today = dayOf()
    expect(longTime(`${today}T09:00:00+08:00`, `${today}T09:30:00+08:00`)).toMatch(/^今天 周. \d+月\d+日 09:00–09:30$/)
    expect(nearDay(dayAfter(today, 1))).toBe('明天')
    expect(dayAfter('2028-02-28', 1)).toBe('2028-02-29')
  })
})

describe('pages.json', () => {
  it('has no colour beside the tokens', () => {
    const tokens = readFileSync('../design/tokens.scss', 'utf8')
    for (const [colour] of JSON.stringify(pages).matchAll(/#[0-9a-f]{6}/g)) expect(tokens).toContain(colour)
  })
})
