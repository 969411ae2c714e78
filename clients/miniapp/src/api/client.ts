/** The one way to the server.

`get` reads (and quietly tries once more when the network fails); `once` creates or commands, with an Idempotency-Key
that survives a reload; `change` and `remove` are for PATCH and DELETE. A refusal is thrown as a `Problem`. */
import { language } from '../texts'
import { isShaky, reached, unreached } from '../live/connection'
import { intention, keyOf, settle } from './keys'
import { noAnswer, Problem, problemOf } from './problem'
import type { Answer, Body, Operation, PathOf, Where } from './types'

export { asProblem, Problem } from './problem'
export type { Schema } from './types'

export const BASE = import.meta.env.VITE_API_BASE ?? ''
const TIMEOUT_MS = 10_000
const TOKEN = 'token'

let renew: (() => Promise<void>) | null = null

/** Say how to sign in again; `people/session` does. */
export function onSignInNeeded(how: () => Promise<void>): void {
  renew = how
}

export function token(): string {
  return String(uni.getStorageSync(TOKEN) || '')
}

export function keepToken(value: string): void {
  if (value) uni.setStorageSync(TOKEN, value)
  else uni.removeStorageSync(TOKEN)
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  body?: unknown
  key?: string
  version?: number
}

function send(call: Call): Promise<unknown> {
  const header: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.value }
  if (token()) header.Authorization = `Bearer ${token()}`
  if (call.key) header['Idempotency-Key'] = call.key
  if (call.version !== undefined) header['If-Match'] = `"${call.version}"`
  let method = call.method
  // #ifdef MP-WEIXIN
  if (method === 'PATCH') {
    // wx.request knows no PATCH
    method = 'POST'
    header['X-HTTP-Method-Override'] = 'PATCH'
  }
  // #endif
  return new Promise((resolve, reject) => {
    uni.request({
      url: BASE + call.url,
      method: method as UniApp.RequestOptions['method'],
      header,
      // without a body an object would be sent as `{}`, which the server takes for one
      data: call.body === undefined ? undefined : (call.body as UniApp.RequestOptions['data']),
      timeout: TIMEOUT_MS,
      success: ({ statusCode, data, header: headers }) => {
        // a gateway's own page: the server behind it was not reached
        if (statusCode === 0) return reject(noAnswer(''))
        reached()
        if (statusCode < 400) resolve(data === '' ? null : data)
        else reject(problemOf(statusCode, data, headers ?? {}))
      },
      fail: ({ errMsg }) => reject(noAnswer(errMsg ?? '')),
    })
  })
}

/** Do something that needs a session; on 401 sign in again, once and silently, and repeat. */
export async function signedIn<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 401 || renew === null) throw problem
    await renew()
    return make()
  }
}

function signed(call: Call): Promise<unknown> {
  return signedIn(() => send(call))
}

/** Send, and tell the ribbon when nothing answers. Reading is tried once more. */
async function carried(call: Call): Promise<unknown> {
  try {
    return await signed(call)
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 0) throw problem
    const again = call.method === 'GET' && !isShaky.value
    unreached()
    if (!again) throw problem
    return signed(call)
  }
}

/** Send anything; for what is not in the API's description. Prefer the typed functions below. */
export function raw(call: Call): Promise<unknown> {
  return carried(call)
}

/** Read what is no JSON. */
export async function rawText(url: string): Promise<string> {
  return String(await carried({ method: 'GET', url }))
}

type Values = Record<string, unknown>

export function address(template: string, where: { path?: object; query?: object } = {}): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((where.path as Values)[name])))
  const query = Object.entries((where.query ?? {}) as Values)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return query.length ? `${path}?${query.join('&')}` : path
}

type Place<O> = object extends Where<O> ? [where?: Where<O>] : [where: Where<O>]

/** Read. */
export async function get<P extends PathOf<'get'>>(path: P, ...[where]: Place<Operation<P, 'get'>>) {
  return (await carried({ method: 'GET', url: address(path, where) })) as Answer<Operation<P, 'get'>>
}

const underWay = new Map<string, Promise<unknown>>()

/** Create or command. Two taps are one call; a lost answer is asked for again with the same key. */
export async function once<P extends PathOf<'post'>>(
  path: P,
  body: Body<Operation<P, 'post'>>,
  ...[where]: Place<Operation<P, 'post'>>
) {
  const url = address(path, where)
  const name = intention('POST', url, body)
  let answer = underWay.get(name)
  if (answer === undefined) {
    answer = settled(name, { method: 'POST', url, body, key: keyOf(name) }).finally(() => underWay.delete(name))
    underWay.set(name, answer)
  }
  return (await answer) as Answer<Operation<P, 'post'>>
}

async function settled(name: string, call: Call): Promise<unknown> {
  try {
    const answer = await carried(call)
    settle(name)
    return answer
  } catch (problem) {
    if (problem instanceof Problem && problem.isDefinite) settle(name)
    throw problem
  }
}

/** Say how something shall be; saying it again changes nothing. */
export async function put<P extends PathOf<'put'>>(path: P, body: Body<Operation<P, 'put'>>, ...[where]: Place<Operation<P, 'put'>>) {
  return (await carried({ method: 'PUT', url: address(path, where), body })) as Answer<Operation<P, 'put'>>
}

/** Change fields; `version` as it was seen, so that nobody's change is overwritten. */
export async function change<P extends PathOf<'patch'>>(
  path: P,
  body: Body<Operation<P, 'patch'>>,
  version: number,
  ...[where]: Place<Operation<P, 'patch'>>
) {
  return (await carried({ method: 'PATCH', url: address(path, where), body, version })) as Answer<Operation<P, 'patch'>>
}

/** Remove; `version` as it was seen. */
export async function remove<P extends PathOf<'delete'>>(path: P, version: number, ...[where]: Place<Operation<P, 'delete'>>) {
  await carried({ method: 'DELETE', url: address(path, where), version })
}
