import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { kept, Outbox, type Sent, type Unsent } from '@/pages/desk/scans/outbox'

const scan = (id: string): Unsent => ({ scan_id: id, code: `H2.${id}`, desk_id: 'd', scanned_at: '2026-11-22T09:00:00Z' })

let sent: string[]
let answers: Sent[]
let told: [number, boolean][]

function anOutbox(): Outbox {
  return new Outbox(
    async (one) => {
      sent.push(one.scan_id)
      return answers.shift() ?? 'answered'
    },
    (waiting, isStuck) => told.push([waiting, isStuck]),
  )
}

beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  answers = []
  told = []
})
afterEach(() => vi.useRealTimers())

test('scans go out in order, one at a time', async () => {
  const outbox = anOutbox()
  for (const id of ['1', '2', '3']) outbox.add(scan(id))
  await vi.runAllTimersAsync()
  expect(sent).toEqual(['1', '2', '3'])
  expect(kept()).toEqual([])
  expect(told.at(-1)).toEqual([0, false])
})

test('an open try is repeated with the same id, and the next scan waits for it', async () => {
  answers = ['open', 'open', 'open']
  const outbox = anOutbox()
  outbox.add(scan('1'))
  outbox.add(scan('2'))
  await vi.advanceTimersByTimeAsync(0)
  expect(told.at(-1)).toEqual([2, true])
  await vi.runAllTimersAsync()
  expect(sent).toEqual(['1', '1', '1', '1', '2'])
})

test('after a reload what was not answered is sent again, as it was', async () => {
  answers = ['open']
  const before = anOutbox()
  before.add(scan('1'))
  await vi.advanceTimersByTimeAsync(0)
  before.stop()
  expect(kept()).toEqual([scan('1')])
  await anOutbox().run()
  await vi.runAllTimersAsync()
  expect(sent).toEqual(['1', '1'])
  expect(kept()).toEqual([])
})

test('when the network is back nobody waits for the next try', async () => {
  answers = ['open', 'open', 'open', 'open', 'open']
  const outbox = anOutbox()
  outbox.add(scan('1'))
  await vi.advanceTimersByTimeAsync(400 + 800 + 1500 + 3000 + 10)
  expect(sent).toHaveLength(5)
  void outbox.run()
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toHaveLength(6)
  expect(told.at(-1)).toEqual([0, false])
})

test('what somebody else left in the browser breaks nothing', () => {
  sessionStorage.setItem('desk-scans', '{"no": "list"}')
  expect(kept()).toEqual([])
  sessionStorage.setItem('desk-scans', 'nonsense')
  expect(kept()).toEqual([])
})
