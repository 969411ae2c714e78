import { expect, test } from 'vitest'
import { DOORS, isLoopback, loginsOf, signInLink, walkOf, type Demonstration, type Login } from '@/start/doors'
import { say, texts } from '@/start/texts'

const login = (username: string, role: string, departments: string[] = []): Login => ({
  username,
  password: 'demo',
  name: '王敏',
  roles: [role],
  departments,
  rooms: [],
})

const demonstration: Demonstration = {
  staff: [
    login('guide1', 'guide'),
    login('room1', 'room', ['儿科']),
    login('room2', 'room', ['急诊医学科']),
    login('handler1', 'complaint_handler'),
    login('admin', 'admin'),
  ],
  desk_id: null,
  boards: [
    { department_id: 'one', name: '儿科' },
    { department_id: 'two', name: '急诊医学科' },
  ],
  simulator: 'http://127.0.0.1:9',
}

test('the walk goes through the department that never closes', () => {
  const walk = walkOf(demonstration)
  expect([walk?.department, walk?.boardHref, walk?.room.username]).toEqual(['急诊医学科', '/board/two', 'room2'])
})

test('a demonstration without one of the stations has no walk', () => {
  expect(walkOf({ ...demonstration, staff: demonstration.staff.slice(1) })).toBeNull()
  expect(walkOf({ ...demonstration, boards: [] })).toBeNull()
})

test('a door shows the logins that open it, and brings them along', () => {
  const names = DOORS.map((door) => [door.name, loginsOf(door, demonstration).map((each) => each.username)])
  expect(Object.fromEntries(names)).toMatchObject({ desk: ['guide1'], room: ['room1', 'room2'], hub: ['admin'], docs: [] })
  expect(signInLink('/desk', 'guide1')).toBe('/console/sign-in?user=guide1&next=%2Fdesk')
  expect(signInLink('/desk')).toBe('/console/sign-in?next=%2Fdesk')
})

test('an address of this computer alone is known as such', () => {
  expect(['localhost', '127.0.0.1', '[::1]', '192.168.1.5', 'hospital.example'].map(isLoopback)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})

test('both languages say the same things with the same gaps', () => {
  const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()
  for (const [key, text] of Object.entries(texts['zh-CN'])) expect(holes(texts.en[key as 'title'])).toBe(holes(text))
  expect(say('en', 'signInAs', { user: 'room1' })).toBe('Sign in as room1')
})
