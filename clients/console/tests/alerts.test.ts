import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inOrder, type Alert } from '@/shell/alerts'
import { flashTitle, titled } from '@/shell/title'

const alert = (id: string, state: string, level = 0, raised_at = '2026-11-22T09:00:00+08:00') =>
  ({ id, state, level, raised_at }) as Alert

test('what rings comes first, then the highest level, then the oldest; what has ended is gone', () => {
  const found = [
    alert('taken', 'acknowledged', 3),
    alert('late', 'raised', 0, '2026-11-22T09:05:00+08:00'),
    alert('over', 'resolved', 3),
    alert('early', 'raised', 0, '2026-11-22T09:01:00+08:00'),
    alert('high', 'raised', 2, '2026-11-22T09:09:00+08:00'),
  ]
  expect(inOrder(found).map((one) => one.id)).toEqual(['high', 'early', 'late', 'taken'])
  expect(found[0]!.id).toBe('taken') // the server's list is left alone
})

test('a title says a call once, however often it is put on', () => {
  expect(titled('投诉 · 医院服务台', '2 条提醒')).toBe('【2 条提醒】投诉 · 医院服务台')
  expect(titled('【2 条提醒】投诉', '3 条提醒')).toBe('【3 条提醒】投诉')
  expect(titled('【3 条提醒】投诉', '')).toBe('投诉')
})

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('the title flashes while somebody is called, and is itself again when it is over', () => {
  document.title = '投诉'
  let call = '1 条提醒'
  const flashing = flashTitle(() => call)
  vi.advanceTimersByTime(1_000)
  expect(document.title).toBe('【1 条提醒】投诉')
  document.title = '消息' // another page in between
  vi.advanceTimersByTime(2_000)
  expect(document.title).toBe('【1 条提醒】消息')
  call = ''
  vi.advanceTimersByTime(1_000)
  expect(document.title).toBe('消息')
  call = '1 条提醒'
  vi.advanceTimersByTime(1_000)
  flashing.stop()
  expect(document.title).toBe('消息')
})
