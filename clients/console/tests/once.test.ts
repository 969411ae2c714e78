import { expect, test } from 'vitest'
import { keyFor, mark, newId, settle } from '@/api/once'

test('a call whose outcome is unknown keeps its key, also after a reload', () => {
  const first = keyFor('POST', '/api/v1/desk/walk-ins', '{"a":1}')
  expect(keyFor('POST', '/api/v1/desk/walk-ins', '{"a":1}')).toBe(first)
  expect(keyFor('POST', '/api/v1/desk/walk-ins', '{"a":2}')).not.toBe(first)
})

test('a call that was answered is over: the next one like it is a new wish', () => {
  const first = keyFor('POST', '/x', '{}')
  settle('POST', '/x', '{}')
  expect(keyFor('POST', '/x', '{}')).not.toBe(first)
})

test('what is kept names nobody', () => {
  keyFor('POST', '/x', '{"name":"张小三"}')
  expect(JSON.stringify({ ...sessionStorage })).not.toContain('张')
})

test('ids are UUIDs of version 4 and marks differ', () => {
  expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(Array.from({ length: 5000 }, (_, n) => mark(`POST /x {"n":${n}}`))).size).toBe(5000)
})
