import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const sent: Request[] = []
let reply: () => Response

beforeEach(() => {
  sent.length = 0
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request)
    return reply()
  })
})
afterEach(() => vi.unstubAllGlobals())

const lost = () => {
  throw new TypeError('no network')
}
const key = (at: number) => sent[at]!.headers.get('Idempotency-Key')

test('a lost call keeps its key, an answered one gives it up', async () => {
  const { answer, api } = await import('@/api/client')
  const walkIn = () => answer(api.POST('/api/v1/alerts/{alert_id}/acknowledgement', { params: { path: { alert_id: '1' } } }))
  reply = lost
  await expect(walkIn()).rejects.toMatchObject({ code: 'network', isOpen: true })
  reply = () => new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } })
  await walkIn()
  await walkIn()
  expect(key(1)).toBe(key(0))
  expect(key(2)).not.toBe(key(1))
})

test('of a password nothing is kept, not even a mark', async () => {
  const { signIn } = await import('@/session')
  reply = lost
  await expect(signIn('guide1', 'secret')).rejects.toMatchObject({ code: 'network' })
  expect(key(0)).toBeTruthy()
  expect(Object.keys(sessionStorage)).toEqual([])
})
