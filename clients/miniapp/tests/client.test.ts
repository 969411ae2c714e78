import { beforeEach, describe, expect, it, vi } from 'vitest'
import { change, get, keepToken, once, onSignInNeeded, Problem } from '../src/api/client'
import { canonical, intention } from '../src/api/keys'
import { isShaky, reached } from '../src/live/connection'
import { language } from '../src/texts'

interface Answer {
  status?: number
  body?: unknown
  headers?: Record<string, string>
  lost?: string
}

const request = vi.mocked(uni.request)
const sent = (index: number) => request.mock.calls[index]?.[0] as UniApp.RequestOptions
const headers = (index: number) => sent(index).header as Record<string, string>

function answer(...answers: Answer[]): void {
  const rest = [...answers]
  request.mockImplementation(((options: UniApp.RequestOptions) => {
    const { status = 200, body = {}, headers: header = {}, lost } = rest.shift() ?? answers[answers.length - 1] ?? {}
    queueMicrotask(() => {
      if (lost) options.fail?.({ errMsg: lost })
      else options.success?.({ statusCode: status, data: body as string, header, cookies: [] })
    })
  }) as typeof uni.request)
}

const booking = { slot_id: 'slot', patient_id: 'patient', intake: null }
const book = () => once('/api/v1/appointments', booking)
const problem = async (call: Promise<unknown>) => {
  try {
    await call
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown
  }
  throw new Error('no problem')
}

beforeEach(() => {
  language.value = 'zh-CN'
  keepToken('')
  reached()
})

describe('reading', () => {
  it('says who asks, in which language, and fills the address', async () => {
    keepToken('secret')
    answer({ body: { items: [], next: null } })
    await get('/api/v1/slots', { query: { department: 'a b', from: '2026-03-01' } })
    expect(sent(0).url).toBe('/api/v1/slots?department=a%20b&from=2026-03-01')
    expect(headers(0)).toMatchObject({ Authorization: 'Bearer secret', 'Accept-Language': 'zh-CN' })
  })

  it('tries once more when nothing answers, and then says so', async () => {
    answer({ lost: 'request:fail' }, { body: { name: 'house' } })
    expect(await get('/api/v1/hospital')).toEqual({ name: 'house' })
    answer({ lost: 'request:fail timeout' })
    const said = await problem(get('/api/v1/hospital'))
    expect([said.status, said.code, isShaky.value]).toEqual([0, 'too_slow', true])
  })

  it('signs in again once, silently', async () => {
    const renew = vi.fn(async () => keepToken('fresh'))
    onSignInNeeded(renew)
    answer({ status: 401, body: { detail: '请先登录。', code: 'sign_in_needed' } }, { body: { items: [] } })
    await get('/api/v1/patients')
    expect(headers(1).Authorization).toBe('Bearer fresh')
    answer({ status: 401, body: { detail: '请先登录。', code: 'sign_in_needed' } })
    expect((await problem(get('/api/v1/patients'))).status).toBe(401)
    expect(renew).toHaveBeenCalledTimes(2)
  })
})

describe('a problem', () => {
  it('speaks the server’s words, and how long to wait', async () => {
    answer({ status: 503, body: { detail: '系统繁忙。', code: 'not_ready' }, headers: { 'Retry-After': '90' } })
    const said = await problem(get('/api/v1/hospital'))
    expect(said.message).toBe('系统繁忙。 请 2 分钟后再试。')
    expect(said.retryAfter).toBe(90)
  })

  it('names the field', async () => {
    const errors = [{ pointer: '/phone', code: 'wrong_phone', detail: 'digits' }]
    answer({ status: 422, body: { detail: '填写的内容有误。', code: 'malformed', errors } })
    expect((await problem(book())).of('/phone')).toBe('digits')
  })

  it('invents nothing for a page of a gateway', async () => {
    answer({ status: 502, body: '<html>', headers: {} })
    const said = await problem(get('/api/v1/hospital'))
    expect([said.status, said.code]).toEqual([502, 'unreadable_answer'])
  })
})

describe('creating', () => {
  it('keeps the key until the answer is certain', async () => {
    answer({ lost: 'request:fail timeout' })
    await problem(book())
    answer({ status: 503, body: {} })
    await problem(book())
    answer({ status: 201, body: { id: 'one' } })
    expect(await book()).toEqual({ id: 'one' })
    answer({ status: 201, body: { id: 'two' } })
    await book()
    const keys = request.mock.calls.map((_, index) => headers(index)['Idempotency-Key'])
    expect(new Set(keys.slice(0, 3)).size).toBe(1)
    expect(keys[3]).not.toBe(keys[0])
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('keeps it over a reload', async () => {
    answer({ lost: 'request:fail' })
    await problem(book())
    const first = headers(0)['Idempotency-Key']
    vi.resetModules()
    const afterReload = await import('../src/api/client')
    answer({ status: 201, body: {} })
    await afterReload.once('/api/v1/appointments', booking)
    expect(headers(1)['Idempotency-Key']).toBe(first)
  })

  it('lets it go after a refusal', async () => {
    answer({ status: 409, body: { detail: '约满了', code: 'slot_full' } })
    await problem(book())
    await problem(book())
    expect(headers(1)['Idempotency-Key']).not.toBe(headers(0)['Idempotency-Key'])
  })

  it('takes two taps for one', async () => {
    answer({ status: 201, body: { id: 'one' } })
    const [one, other] = await Promise.all([book(), book()])
    expect(one).toEqual(other)
    expect(request).toHaveBeenCalledTimes(1)
  })

  it('is never tried again by itself', async () => {
    answer({ lost: 'request:fail' })
    await problem(book())
    expect(request).toHaveBeenCalledTimes(1)
  })

  it('tells intentions apart, whatever the order of members', () => {
    expect(canonical({ b: [1, { d: null, c: '' }], a: undefined })).toBe('{"b":[1,{"c":"","d":null}]}')
    expect(intention('POST', '/x', { a: 1, b: 2 })).toBe(intention('POST', '/x', { b: 2, a: 1 }))
    expect(intention('POST', '/x', { a: 1 })).not.toBe(intention('POST', '/y', { a: 1 }))
  })
})

it('changes what was seen', async () => {
  answer({ body: {} })
  await change('/api/v1/patients/{patient_id}', { name: '周' }, 3, { path: { patient_id: 'p1' } })
  expect(headers(0)['If-Match']).toBe('"3"')
  // wx.request knows no PATCH
  const inWeixin = process.env.UNI_PLATFORM === 'mp-weixin'
  expect(sent(0).method).toBe(inWeixin ? 'POST' : 'PATCH')
  expect(headers(0)['X-HTTP-Method-Override']).toBe(inWeixin ? 'PATCH' : undefined)
})
