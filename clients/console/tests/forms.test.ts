import { beforeEach, expect, test, vi } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import { Problem } from '@/api/client'
import { inTree } from '@/parts/departments'
import { useAct } from '@/parts/forms/acting'
import { asSeen, useEditing } from '@/parts/forms/editing'
import { changesBetween, rebase } from '@/parts/forms/rebase'
import { me } from '@/session'
import { speak } from '@/texts'

speak('zh-CN')

interface Form extends Record<string, unknown> {
  name: string
  place: string
  words: string[]
}
interface Row {
  id: string
  version: number
  name: string
  place: string
  words: string[]
}

const ROW: Row = { id: 'a', version: 1, name: '内科', place: '二层', words: ['大内科'] }
const read = (row: Row | null): Form => ({ name: row?.name ?? '', place: row?.place ?? '', words: [...(row?.words ?? [])] })

function editing(send: (form: Form, changes: Partial<Form>, row: Row | null) => Promise<Row>, start: Row | null = ROW) {
  const row = shallowRef(start)
  const told = vi.fn((now: Row) => (row.value = now))
  return { row, told, ...useEditing<Form, Row>({ name: 'thing:a', row: () => row.value, read, send, told }) }
}

beforeEach(() => {
  sessionStorage.clear()
  me.value = { id: 'one' } as typeof me.value
})

test('only what was touched is mine; the rest becomes theirs', () => {
  const base = { a: '1', b: '1', c: '1', d: '1' }
  const merged = rebase(base, { a: '2', b: '1', c: '2', d: '3' }, { a: '1', b: '9', c: '9', d: '3' })
  expect(merged.values).toEqual({ a: '2', b: '9', c: '2', d: '3' })
  expect(merged.clashes).toEqual(['c']) // both wrote the same into d: nothing to decide
  expect(changesBetween({ a: [1, 2] }, { a: [1, 2] })).toEqual([])
})

test('what is typed survives a reload, for the person who typed it', () => {
  const before = editing(vi.fn())
  before.form.place = '三层'
  expect(before.changed.value).toEqual(['place'])
  const after = editing(vi.fn())
  expect(after.form.place).toBe('三层')
  expect(after.meanwhile.value).toBeNull()
  me.value = { id: 'two' } as typeof me.value
  expect(editing(vi.fn()).form.place).toBe('二层')
})

test('a draft meets what a colleague saved since', () => {
  editing(vi.fn()).form.place = '三层'
  const later = editing(vi.fn(), { ...ROW, version: 2, place: '四层', name: '大内科' })
  expect(later.form).toEqual({ name: '大内科', place: '三层', words: ['大内科'] })
  expect(later.meanwhile.value?.clashes).toEqual(['place'])
  expect(later.meanwhile.value?.theirs.place).toBe('四层')
})

test('saving sends what was touched, and forgets the draft', async () => {
  const send = vi.fn(async (form: Form, _changes: Partial<Form>, row: Row | null) => ({ ...row!, ...form, version: 2 }))
  const one = editing(send)
  one.form.words = ['大内科', '内']
  expect((await one.save())?.version).toBe(2)
  expect(send.mock.calls[0]![1]).toEqual({ words: ['大内科', '内'] })
  expect(one.changed.value).toEqual([])
  expect(one.told).toHaveBeenCalledOnce()
  expect(sessionStorage.length).toBe(0)
})

test('a refusal keeps every word and names the field', async () => {
  const wrong = [{ pointer: '/words/0', code: 'string_too_long', detail: '太长了' }]
  const one = editing(async () => Promise.reject(new Problem('malformed', 422, '填写的内容有误', wrong)))
  one.form.words = ['太长的叫法']
  expect(await one.save()).toBeNull()
  expect(one.errorOf('words')).toBe('太长了')
  expect(one.errorOf('name')).toBeUndefined()
  expect(one.form.words).toEqual(['太长的叫法'])
  one.discard()
  expect(one.form.words).toEqual(['大内科'])
  expect(one.problem.value).toBeNull()
})

test('a stale version brings the fresh one under what was typed, and the next save goes upon it', async () => {
  const fresh = { ...ROW, version: 7, place: '九层', name: '大内科' }
  const stale = new Problem('stale', 412, '内容已更新', [], { resource: fresh })
  const send = vi
    .fn<(form: Form, changes: Partial<Form>, row: Row | null) => Promise<Row>>()
    .mockRejectedValueOnce(stale)
    .mockImplementationOnce(async (form, _changes, row) => ({ ...row!, ...form, version: 8 }))
  const one = editing(send)
  one.form.place = '三层'
  expect(await one.save()).toBeNull()
  expect(one.meanwhile.value?.clashes).toEqual(['place'])
  expect(one.form).toEqual({ name: '大内科', place: '三层', words: ['大内科'] })
  expect(one.problem.value).toBeNull()
  await nextTick()
  expect(one.meanwhile.value?.clashes).toEqual(['place']) // told of the fresh row, it says so once
  await one.save()
  expect(send.mock.calls[1]![1]).toEqual({ place: '三层' })
  expect(asSeen(send.mock.calls[1]![2]!)).toEqual({ 'If-Match': '"7"' })
  expect(one.meanwhile.value).toBeNull()
})

test('a step refused for a stale version shows the fresh thing and says so in our words', async () => {
  const told = vi.fn()
  const { act, refusal } = useAct<Row>(told)
  const fresh = { ...ROW, version: 2 }
  expect(await act(async () => Promise.reject(new Problem('stale', 412, '请刷新', [], { resource: fresh })))).toBe(false)
  expect(told).toHaveBeenCalledWith(fresh)
  expect(refusal.value?.message).toContain('最新内容')
  expect(await act(async () => fresh)).toBe(true)
  expect(refusal.value).toBeNull()
})

test('departments stand below the one they belong to', () => {
  const items = [
    { id: 'c', parent_id: 'a' },
    { id: 'a', parent_id: null },
    { id: 'd', parent_id: 'c' },
    { id: 'b', parent_id: 'gone' },
  ]
  expect(inTree(items).map(({ item, depth }) => [item.id, depth])).toEqual([
    ['a', 0],
    ['c', 1],
    ['d', 2],
    ['b', 0],
  ])
})
