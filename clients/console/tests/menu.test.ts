import { afterEach, expect, test } from 'vitest'
import { myDoors } from '@/router'
import { me } from '@/session'
import { doorOf } from '@/shell/doors'
import { areas } from '@/texts'

function doorsFor(roles: string[], departments: string[] | null = null): string[] {
  me.value = { id: 'one', name: '一', roles, departments, practitioner_id: null, must_change_password: false }
  return myDoors().map((door) => String(door.name))
}

afterEach(() => (me.value = null))

test('each sees the doors of their roles', () => {
  expect(doorsFor(['guide'])).not.toContain('faq')
  expect(doorsFor(['customer_service'])).toContain('faq')
  expect(doorsFor(['customer_service'])).not.toContain('prices')
  const all = ['faq', 'hospital', 'campuses', 'departments', 'practitioners', 'rooms', 'prices', 'imports', 'staff']
  expect(doorsFor(['admin'])).toEqual(expect.arrayContaining(all))
})

test('what is the whole hospital’s is not offered to the administrator of a department', () => {
  const doors = doorsFor(['admin'], ['heart'])
  expect(doors).toEqual(expect.arrayContaining(['departments', 'practitioners', 'rooms']))
  for (const door of ['hospital', 'campuses', 'prices', 'imports', 'staff']) expect(doors).not.toContain(door)
})

test('doors of administration stand in a group that has a name, with an address to go to', () => {
  doorsFor(['admin', 'supervisor', 'department_head'])
  for (const door of myDoors().map(doorOf)) {
    expect(door.path).not.toContain(':')
    if (door.group) expect(Object.keys(areas.shell['zh-CN'].groups)).toContain(door.group)
  }
})
