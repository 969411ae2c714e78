import { expect, test } from 'vitest'
import { Problem } from '@/api/problem'
import { isNamed, noPerson, personForm, wrongOf } from '@/parts/person/form'
import { blockOfDay, deskBlock, extraBlock, freeOn, onDay, tableOf, type Slot } from '@/parts/slots/slots'

function slot(values: Partial<Slot> = {}): Slot {
  return {
    id: 's',
    session_id: 'se',
    department_id: 'd',
    practitioner_id: 'p',
    practitioner_name: '王敏',
    visit_type: 'ordinary',
    pool: 'app',
    starts_at: '2026-11-24T09:00:00+08:00',
    ends_at: '2026-11-24T09:30:00+08:00',
    opens_at: '2026-11-10T00:00:00+08:00',
    capacity: 3,
    available: 2,
    status: 'open',
    draw: null,
    ...values,
  } as Slot
}

const draw = { id: 'x', opens_at: '', closes_at: '' }

test.each([
  [{}, null],
  [{ status: 'full', available: 0 }, 'full'],
  [{ status: 'stopped' }, 'stopped'],
  [{ status: 'closed' }, 'closed'],
  [{ pool: 'revisit' }, 'revisit'],
  [{ pool: 'referral' }, null],
  [{ status: 'not_yet' }, 'not_yet'],
  [{ status: 'not_yet', draw }, 'drawing'],
  [{ status: 'not_yet', pool: 'desk' }, null],
  [{ status: 'not_yet', pool: 'desk', available: 0 }, 'full'],
] as [Partial<Slot>, string | null][])('what keeps the desk from %o is %s', (values, block) => {
  expect(deskBlock(slot(values))).toBe(block)
})

test('only the end of a clinic keeps a practitioner from going beyond the plan', () => {
  expect(extraBlock(slot({ status: 'full', available: 0 }))).toBeNull()
  expect(extraBlock(slot({ status: 'stopped' }))).toBe('stopped')
})

test('a day is a table of times and practitioners, without what is over', () => {
  const late = { starts_at: '2026-11-24T10:00:00+08:00', ends_at: '2026-11-24T10:30:00+08:00' }
  const day = [
    slot({ id: 'a', ...late }),
    slot({ id: 'b', practitioner_id: 'q', practitioner_name: '李青' }),
    slot({ id: 'c', pool: 'desk' }),
    slot({ id: 'd' }),
    slot({ id: 'e', status: 'closed', starts_at: '2026-11-24T08:00:00+08:00' }),
  ]
  const { columns, lines } = tableOf(day)
  expect(columns.map(({ name }) => name)).toEqual(['王敏', '李青'])
  expect(lines.map((line) => line.cells.map((cell) => cell.map(({ id }) => id)))).toEqual([[['c', 'd'], ['b']], [['a'], []]])
})

test('a day tells how much of it can be had, and whether there is a clinic', () => {
  const slots = [slot(), slot({ pool: 'revisit' }), slot({ status: 'stopped', starts_at: '2026-11-25T09:00:00+08:00' })]
  expect(onDay(slots, '2026-11-24')).toHaveLength(2)
  expect(freeOn(slots, '2026-11-24', deskBlock)).toBe(2)
  expect(freeOn(slots, '2026-11-25', deskBlock)).toBeNull()
})

test('a day without a place says whether there will be some', () => {
  const full = slot({ status: 'full', available: 0 })
  expect(blockOfDay([full], '2026-11-24', deskBlock)).toBe('full')
  expect(blockOfDay([full, slot({ status: 'not_yet', draw })], '2026-11-24', deskBlock)).toBe('drawing')
  expect(blockOfDay([full, slot({ status: 'not_yet' })], '2026-11-24', deskBlock)).toBe('not_yet')
})

test('somebody is booked by their file or by what was typed', () => {
  expect(isNamed(noPerson())).toBe(false)
  const typed = { ...noPerson(), name: ' 钱来电 ', phone: '137 0000 1111' }
  expect(personForm(typed).patient).toMatchObject({ name: '钱来电', phone: '137 0000 1111', id_number: null })
  expect(personForm({ ...typed, file: { id: 'p', name: '钱*电', note: '' } })).toEqual({ patient_id: 'p' })
})

test('what the server says of a field stands at the field', () => {
  const problem = new Problem('invalid', 422, '-', [
    { pointer: '/patient/phone', code: 'phone', detail: '手机号不对' },
    { pointer: '/slot_id', code: 'x', detail: '-' },
  ])
  expect(wrongOf(problem)).toEqual({ phone: '手机号不对' })
})
