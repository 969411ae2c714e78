/** The one way to the server: typed by `/openapi.json`, signed in, in the reader's language, each creation once. */
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from '@api/schema'
import { keyFor, newId, settle } from './once'
import { Problem } from './problem'
import { forget, token } from '@/session/token'
import { language, say } from '@/texts'

export type Schemas = components['schemas']

// what is sent there is a secret: not even a mark of it may be kept
const SECRET = ['/api/v1/staff/sessions', '/api/v1/staff/me/password']

const bodies = new WeakMap<Request, string>()

const manner: Middleware = {
  async onRequest({ request }) {
    request.headers.set('Accept-Language', language.value)
    if (token.value) request.headers.set('Authorization', `Bearer ${token.value}`)
    if (request.method === 'POST') {
      request.headers.set('Idempotency-Key', await keyOf(request))
    }
    return request
  },
  onResponse({ request, response }) {
    const body = bodies.get(request)
    // 5xx and 429 leave it open whether it was done: the key stays
    if (body !== undefined && response.status < 500 && response.status !== 429) {
      settle('POST', pathOf(request), body)
    }
    if (response.status === 401) forget()
    return response
  },
}

/** With its query: a check and the import that follows it differ in nothing else. */
function pathOf(request: Request): string {
  const { pathname, search } = new URL(request.url)
  return pathname + search
}

async function keyOf(request: Request): Promise<string> {
  const path = pathOf(request)
  if (SECRET.includes(path)) return newId()
  const body = await request.clone().text()
  bodies.set(request, body)
  return keyFor('POST', path, body)
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) })
api.use(manner)

/**
 * Gives the body of an answer.
 *
 * Throws: Problem, in the server's words, or `network` when no answer came.
 */
export async function answer<Data>(call: Promise<{ data?: Data; response: Response; error?: unknown }>): Promise<Data> {
  let outcome
  try {
    outcome = await call
  } catch (error) {
    if (error instanceof TypeError) throw new Problem('network', 0, say('problem.network'))
    throw error
  }
  if (outcome.response.ok) return outcome.data as Data
  throw problemFrom(outcome.error, outcome.response)
}

function problemFrom(error: unknown, response: Response): Problem {
  const body = (typeof error === 'object' && error !== null ? error : {}) as Record<string, any>
  return new Problem(
    body.code ?? 'unreadable',
    response.status,
    body.detail ?? say('problem.server'),
    body.errors ?? [],
    body,
  )
}

export { Problem }
