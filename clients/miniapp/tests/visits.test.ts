import { beforeEach, describe, expect, it } from 'vitest'
import { language } from '../src/texts'
import { dayAfter, dayOf } from '../src/texts/times'
import { isMeant, rowsOf, type Department } from '../src/visits/departments'
import { halvesOf, placesOn, wordOf, type Slot } from '../src/visits/slots'

const today = dayOf()
const slot = (time: string, more: Partial<Slot> = {}): Slot => ({
  id: time,
  session_id: 'session',
  department_id: 'd',
  practitioner_id: 'p',
  practitioner_name: '任嘉禾',
  visit_type: 'ordinary',
  starts_at: `${today}T${time}:00+08:00`,
  ends_at: `${today}T${time}:00+08:00`,
  opens_at: `${today}T07:00:00+08:00`,
  capacity: 2,
  available: 2,
  status: 'open',
  ...more,
})

beforeEach(() => (language.value = 'zh-CN'))

describe('slots', () => {
  it('are grouped by half-day and doctor, without what has passed', () => {
    const halves = halvesOf([
      slot('08:00', { status: 'closed' }),
      slot('09:00'),
      slot('09:00', { session_id: 'other' }),
      slot('12:00'),
      slot('18:00'),
    ])
    expect(halves.map(({ half, clinics }) => [half, clinics.length])).toEqual([['morning', 2], ['afternoon', 1], ['evening', 1]])
  })

  it('are counted only where they can be had', () => {
    expect(placesOn([slot('09:00'), slot('10:00', { status: 'full', available: 0 }), slot('11:00', { status: 'not_yet' })])).toBe(2)
    expect(placesOn([slot('09:00', { status: 'closed' }), slot('10:00', { status: 'stopped' })])).toBeNull()
  })

  it('say when they open', () => {
    expect(wordOf(slot('09:00'))).toBe('余2')
    expect(wordOf(slot('09:00', { status: 'stopped' }))).toBe('停诊')
    expect(wordOf(slot('09:00', { status: 'not_yet' }))).toBe('07:00 放号')
    expect(wordOf(slot('09:00', { status: 'not_yet', opens_at: `${dayAfter(today, 1)}T07:00:00+08:00` }))).toBe('明天 07:00 放号')
  })
})

describe('departments', () => {
  const department = (id: string, name: string, code: string, parent_id: string | null = null) =>
    ({ id, name, code: id, parent_id, speciality_code: code, pinyin: `pinyin-${id}`, initials: id, introduction: '' }) as Department

  it('stand in the order of specialities, each before its own', () => {
    const rows = rowsOf([department('nw', '神经外科', '04.02', 'wk'), department('wk', '外科', '04'), department('nk', '内科', '03'), department('x', '孤科', '09', 'gone')])
    expect(rows.map((row) => [row.department.name, row.isChild])).toEqual([['内科', false], ['外科', false], ['神经外科', true], ['孤科', false]])
  })

  it.each([['神经', true], ['NW', true], ['pinyin', true], [' ', true], ['zz', false]])('are found by %s', (typed, wanted) =>
    expect(isMeant(department('nw', '神经外科', '04.02'), typed)).toBe(wanted),
  )
})
