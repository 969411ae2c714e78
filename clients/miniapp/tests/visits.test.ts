import { beforeEach, describe, expect, it } from 'vitest'
import { language } from '../src/texts'
import { dayAfter, dayOf } from '../src/texts/times'
import { rowsOf, type Department } from '../src/visits/departments'
import { modeOf, NOTHING, placeMeant } from '../src/visits/asked'
import { groupsOf, type Faq } from '../src/visits/faq'
import { priceOf, yuan } from '../src/visits/prices'
import { anyDoctors, halvesOf, placesOn, wordOf, type Slot } from '../src/visits/slots'

const today = dayOf()
const slot = (time: string, more: Partial<Slot> = {}): Slot => ({
  id: time,
  session_id: 'session',
  department_id: 'd',
  practitioner_id: 'p',
  practitioner_name: '任嘉禾',
  visit_type: 'ordinary',
  pool: 'app',
  draw: null,
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

describe('any doctor', () => {
  it('is offered where there is a choice, by type of visit and time', () => {
    const offers = anyDoctors([
      slot('10:00', { practitioner_id: 'q' }),
      slot('09:00', { available: 1 }),
      slot('09:00', { practitioner_id: 'q', available: 3 }),
      slot('09:30', { status: 'full', available: 0 }),
      slot('09:00', { visit_type: 'expert' }),
    ])
    expect(offers).toEqual([
      {
        visitType: 'ordinary',
        departmentId: 'd',
        times: [{ startsAt: `${today}T09:00:00+08:00`, places: 4 }, { startsAt: `${today}T10:00:00+08:00`, places: 2 }],
      },
    ])
  })

  it('is asked for by a time, and a doctor by a slot', () => {
    const there = [slot('09:00', { status: 'full' }), slot('09:00', { id: 'free' }), slot('10:00')]
    const at = { ...NOTHING, at: `${today}T09:00:00+08:00`, type: 'ordinary' }
    expect([modeOf(at), placeMeant(at, there)?.id]).toEqual(['any', 'free'])
    expect([modeOf({ ...NOTHING, slot: '10:00' }), placeMeant({ ...NOTHING, slot: '10:00' }, there)?.id]).toEqual(['book', '10:00'])
    expect([modeOf({ ...NOTHING, move: 'm' }), modeOf({ ...NOTHING, revisit: 'r' })]).toEqual(['move', 'revisit'])
    expect(placeMeant({ ...NOTHING, slot: 'gone' }, there)).toBeNull()
  })
})

describe('prices', () => {
  it('are said in yuan, with cents only where there are some', () => {
    expect([yuan(2500), yuan(1250), yuan(0)]).toEqual(['¥25', '¥12.50', '¥0'])
    expect([priceOf([{ visit_type: 'expert', price_fen: 3000 }], 'expert'), priceOf([], 'expert'), priceOf(undefined, 'expert')]).toEqual(['¥30', '', ''])
  })
})

describe('questions', () => {
  it('stand by department, those of the whole hospital first, and by condition', () => {
    const faq = (id: string, department_id: string | null, department_name: string, condition: string) =>
      ({ id, department_id, department_name, condition, question: id }) as Faq
    const groups = groupsOf([faq('1', 'x', 'X', 'b'), faq('2', null, '', ''), faq('3', 'x', 'X', 'a')])
    expect(groups.map(({ id, items }) => [id, items.map((one) => one.id)])).toEqual([['house', ['2']], ['x', ['3', '1']]])
  })
})

describe('departments', () => {
  const department = (id: string, name: string, code: string, parent_id: string | null = null) =>
    ({ id, name, code: id, parent_id, speciality_code: code, pinyin: `pinyin-${id}`, initials: id, introduction: '' }) as Department

  it('stand in the order of specialities, each before its own', () => {
    const rows = rowsOf([department('nw', '神经外科', '04.02', 'wk'), department('wk', '外科', '04'), department('nk', '内科', '03'), department('x', '孤科', '09', 'gone')])
    expect(rows.map((row) => [row.department.name, row.isChild])).toEqual([['内科', false], ['外科', false], ['神经外科', true], ['孤科', false]])
  })
})
