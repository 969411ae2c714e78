import { expect, test } from 'vitest'
import { belowOf } from '@/pages/catalogue/departments/tree'
import { bodyOf, hospitalForm } from '@/pages/catalogue/hospital/form'
import { withoutEmpty } from '@/pages/catalogue/kinds'
import { holding, linesOf, sameLine, specialnessOf, withoutLine, type Line } from '@/pages/catalogue/prices/holding'
import { nameOf, whereOf } from '@/pages/catalogue/prices/naming'
import type { Use } from '@/pages/catalogue/records'
import { blocksOf, followsOf } from '@/pages/catalogue/use'
import { fenOf, listOf, pointOf, sayChanges, yuan } from '@/pages/catalogue/wording'
import { aYearAfter } from '@/pages/faq/answers'
import { areas, speak } from '@/texts'

speak('zh-CN')

let number = 0
function line(visit_type: string, department_id: string | null, title: string | null, price_fen: number): Line {
  const department_name = department_id ?? ''
  return { id: `line-${number++}`, visit_type, department_id, department_name, title, price_fen, version: 1 }
}

const WHOLE = line('expert', null, null, 3000)
const CHIEF = line('expert', null, '主任医师', 5000)
const HEART = line('expert', '心内科', null, 4000)
const HEART_CHIEF = line('expert', '心内科', '主任医师', 8000)
const PLAIN = line('ordinary', null, null, 1000)
const LIST = [HEART_CHIEF, WHOLE, PLAIN, CHIEF, HEART]

test.each([
  ['心内科', '主任医师', HEART_CHIEF],
  ['心内科', '主治医师', HEART],
  ['心内科', '', HEART],
  ['眼科', '主任医师', CHIEF],
  ['眼科', '主治医师', WHOLE],
  [null, '', WHOLE],
])('in %s for %s the most special line holds', (department, title, expected) => {
  expect(holding(LIST, 'expert', department, title)).toBe(expected)
})

test('a department counts for more than a title, and a type without a line has no price', () => {
  expect(specialnessOf(HEART)).toBeGreaterThan(specialnessOf(CHIEF))
  expect(holding([HEART, CHIEF], 'expert', '心内科', '主任医师')).toBe(HEART)
  expect(holding(LIST, 'special', '心内科', '主任医师')).toBeNull()
})

test('what is paid without a line is known before it goes', () => {
  expect(withoutLine(LIST, HEART_CHIEF)).toBe(HEART)
  expect(withoutLine(LIST, HEART)).toBe(WHOLE)
  expect(withoutLine(LIST, PLAIN)).toBeNull()
})

test('lines stand the widest first and are found again', () => {
  expect(linesOf(LIST, 'expert')).toEqual([WHOLE, CHIEF, HEART, HEART_CHIEF])
  expect(sameLine(LIST, 'expert', { department_id: '心内科', title: null })).toBe(HEART)
  expect(sameLine(LIST, 'ordinary', { department_id: '心内科', title: null })).toBeUndefined()
  expect(whereOf(WHOLE)).toBe('全院价')
  expect(nameOf(HEART)).toBe('专家 · 心内科 · 全部职称')
  expect(whereOf(CHIEF)).toBe('全部科室 · 主任医师')
})

test.each([
  ['12.5', 1250],
  ['50', 5000],
  ['¥ 12.05', 1205],
  ['0', 0],
  ['12.345', null],
  ['abc', null],
  ['', null],
  ['-1', null],
  ['100000', 10_000_000],
  ['100000.01', null],
])('«%s» yuan are %s fen', (typed, fen) => {
  expect(fenOf(typed)).toBe(fen)
})

test('prices, lists and points are written and read', () => {
  expect([yuan(5000), yuan(1250), yuan(5)]).toEqual(['¥50', '¥12.50', '¥0.05'])
  expect(listOf('脑外科、神外, 神外；  ')).toEqual(['脑外科', '神外'])
  expect(pointOf('27.3316, 118.1207')).toEqual({ latitude: 27.3316, longitude: 118.1207 })
  expect(pointOf('27.3316')).toBeNull()
})

test('changes are told in words', () => {
  const change = { before: { active: true, aliases: ['a', 'b'], price_fen: 1000 }, after: { active: false, aliases: [], price_fen: 1250 } }
  expect(sayChanges(change)).toEqual([
    { column: 'active', before: '是', after: '否' },
    { column: 'aliases', before: 'a、b', after: '' },
    { column: 'price_fen', before: '¥10', after: '¥12.50' },
  ])
  expect(sayChanges({ before: null, after: { department_id: 'x' } }, () => '心内科')).toEqual([
    { column: 'department_id', before: '心内科', after: '心内科' },
  ])
})

test('no department can stand below itself', () => {
  const all = [
    { id: 'a', parent_id: null },
    { id: 'b', parent_id: 'a' },
    { id: 'c', parent_id: 'b' },
    { id: 'd', parent_id: null },
  ]
  expect(belowOf('a', all).sort()).toEqual(['a', 'b', 'c'])
  expect(belowOf('c', all)).toEqual(['c'])
})

test('what stands against going out of use is told, weekly clinics only where they do', () => {
  const use: Use = {
    bookings: 2,
    sessions_by_hand: 0,
    schedules: 3,
    departments: 0,
    tickets: 1,
    sessions_free: 5,
    can_deactivate: false,
  }
  expect(blocksOf(use, 'practitioners').map((one) => one.key)).toEqual(['bookings', 'tickets'])
  expect(blocksOf(use, 'rooms').map((one) => one.key)).toEqual(['bookings', 'tickets', 'schedules'])
  expect(followsOf(use)).toEqual([
    { key: 'gone', n: 5 },
    { key: 'rest', n: 3 },
  ])
})

test('degrees are numbers, nothing, or as they were typed for the server to refuse', () => {
  const form = { ...hospitalForm(null), name: '医院', latitude: '27.5', longitude: '' }
  expect(bodyOf(form)).toMatchObject({ name: '医院', latitude: 27.5, longitude: null })
  expect(bodyOf({ ...form, latitude: '北纬' }).latitude).toBe('北纬')
})

test('what nobody chose is not sent, and an answer holds for a year', () => {
  expect(withoutEmpty({ name: '内科', campus_id: null, ticket_prefix: '', aliases: [] })).toEqual({ name: '内科', aliases: [] })
  expect(aYearAfter('2026-11-22')).toBe('2027-11-22')
})

test('every field of the forms has its word in both languages', () => {
  for (const language of ['zh-CN', 'en'] as const) {
    expect(Object.keys(hospitalForm(null)).filter((name) => !(name in areas.catalogue[language].field))).toEqual([])
  }
})
