import { expect, test } from 'vitest'
import { Problem } from '@/api/problem'
import { deeds } from '@/pages/desk/outcome/deeds'
import { isAnnullable, isExcusable, isToFind, isToRegister, ofProblem, ofScan } from '@/pages/desk/outcome/outcome'
import { matching } from '@/pages/desk/walkin/departments'
import { dateOf, draft, formOf, missing, startAnew, wrongOf } from '@/pages/desk/walkin/draft'

test.each([
  ['19500301', '1950-03-01'],
  ['1950-3-1', '1950-03-01'],
  ['1950年3月1日', '1950-03-01'],
  ['19500230', null],
  ['1950', null],
  ['abc', null],
])('the birth date %s is %s', (typed, date) => expect(dateOf(typed)).toBe(date))

test('what is missing is said before the server is asked', () => {
  startAnew()
  expect(missing(draft)).toEqual({ name: 'nameNeeded', department_id: 'departmentNeeded' })
  Object.assign(draft, { name: '赵无约', departmentId: 'd', birthDate: '1950' })
  expect(missing(draft)).toEqual({ birth_date: 'birthWrong' })
  draft.birthDate = ''
  expect(missing(draft)).toEqual({})
  expect(formOf(draft, ['q'])).toMatchObject({ another_than: ['q'], department_id: 'd', patient: { name: '赵无约', phone: null } })
})

test('somebody with a file needs no name', () => {
  startAnew()
  Object.assign(draft, { departmentId: 'd', file: { id: 'p', name: '赵*约', note: '' } })
  expect(missing(draft)).toEqual({})
  expect(formOf(draft, [])).toEqual({
    department_id: 'd',
    triage: 'normal',
    flags: [],
    reason: '',
    another_than: [],
    patient_id: 'p',
  })
})

test('wrong fields come to their fields, in our words where we have them', () => {
  const fields = [
    { pointer: '/patient/phone', code: 'wrong_phone', detail: '5 to 20 digits' },
    { pointer: '/id_number', code: 'unheard_of', detail: 'no' },
    { pointer: '/flags/0', code: 'x', detail: 'x' },
  ]
  const problem = new Problem('invalid', 422, 'Something', fields)
  expect(wrongOf(problem)).toEqual({ phone: '5 to 20 digits', id_number: 'no' })
})

test('departments are found by name, pinyin and initials, the nearest first', () => {
  const of = (name: string, pinyin: string, initials: string) => ({ name, pinyin, initials })
  const all = [of('神经外科', 'shenjingwaike', 'sjwk'), of('急诊医学科', 'jizhenyixueke', 'jzyxk'), of('内科', 'neike', 'nk')]
  const names = (typed: string) => matching(all, typed).map((one) => one.name)
  expect(names('jz')).toEqual(['急诊医学科'])
  expect(names('内')).toEqual(['内科'])
  expect(names('K')).toEqual(['神经外科', '急诊医学科', '内科'])
  expect(names('ji')).toEqual(['急诊医学科', '神经外科'])
  expect(names('')).toEqual(['急诊医学科', '内科', '神经外科'])
  expect(names('x光')).toEqual([])
})

const appointment = {
  id: 'a', status: 'booked', number: 1, patient_id: 'p', patient_name: '张*三', department: '内科', practitioner: '李',
  starts_at: '2026-11-22T09:00:00+08:00', ends_at: '2026-11-22T09:30:00+08:00',
}
const refused = (reason: string, known = true) =>
  ofScan('s', 0, {
    outcome: 'refused', reason, appointment: known ? appointment : null, ticket: null, message: 'm', next_step: 'n',
    first: null, right: null, acts: reason === 'wrong_department' ? ['move', 'show_way'] : [],
  })

test.each([
  ['too_early', 'wait', true, false, false],
  ['too_late', 'wait', true, false, true],
  ['wrong_day', 'wait', true, false, true],
  ['wrong_department', 'wait', false, false, false],
  ['cancelled', 'bad', false, false, true],
  ['session_stopped', 'bad', false, false, true],
  ['forged', 'bad', false, true, false],
  ['unknown_code', 'bad', false, true, false],
  ['code_expired', 'wait', false, true, false],
])('%s is %s; with a reason %s, by name %s, walk-in %s', (reason, tone, excusable, toFind, toRegister) => {
  const outcome = refused(reason, !toFind)
  expect([outcome.tone, isExcusable(outcome), isToFind(outcome), isToRegister(outcome)]).toEqual([
    tone, excusable, toFind, toRegister,
  ])
  expect(isAnnullable(outcome)).toBe(false)
})

test('the likeliest deed comes first, for its key', () => {
  expect(deeds(refused('wrong_department'), false)).toEqual(['move', 'showWay'])
  expect(deeds(refused('too_late'), false)).toEqual(['override', 'register'])
  expect(deeds(refused('forged', false), true)).toEqual(['retry', 'find'])
  expect(deeds({ ...refused('x'), kind: 'already', ticketId: 't', ticketState: 'missed' }, false)).toEqual(['putBack'])
})

test('a refused check-in by name is a refusal like that of a scan; a lost answer is a problem', () => {
  const about = { appointmentId: 'a', name: '张*三' }
  const refusal = new Problem('check_in_refused', 409, 'too early', [], { reason: 'too_early', ticket_id: null })
  expect(ofProblem('k', 0, refusal, about)).toMatchObject({ kind: 'refused', reason: 'too_early', appointmentId: 'a' })
  const already = new Problem('check_in_refused', 409, 'here', [], { reason: 'already_checked_in', ticket_id: 't' })
  expect(ofProblem('k', 0, already, about)).toMatchObject({ kind: 'already', ticketId: 't' })
  expect(ofProblem('k', 0, new Problem('network', 0, 'no network'), about)).toMatchObject({ kind: 'problem' })
})
