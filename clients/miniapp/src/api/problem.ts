/** Everything that can go wrong with a call, as one error that a page can show. */
import { t } from '../texts'

export interface FieldError {
  pointer: string
  code: string
  detail: string
}

/** What the server (or the network) said. `message` is fit to be shown. */
export class Problem extends Error {
  override name = 'Problem'

  constructor(
    /** 0: no answer came. */
    readonly status: number,
    /** The server's stable code, or `no_network`, `too_slow`, `unreadable_answer`. */
    readonly code: string,
    message: string,
    readonly errors: FieldError[] = [],
    /** Whole seconds that the server asks us to wait. */
    readonly retryAfter: number | null = null,
    /** All that the server said: a refusal names what it is about. */
    readonly said: Record<string, unknown> = {},
  ) {
    super(message)
  }

  /** The server has decided; to ask again would give the same answer. */
  get isDefinite(): boolean {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status)
  }

  /** A member of the refusal that is a text, `about('appointment_id')`; empty where there is none. */
  about(member: string): string {
    const value = this.said[member]
    return typeof value === 'string' ? value : ''
  }

  /** What is wrong with one field of the body: `of('/phone')`. */
  of(pointer: string): string {
    return this.errors.find((error) => error.pointer === pointer)?.detail ?? ''
  }
}

/** Give what was thrown as a problem. Bugs of ours pass through: they are no message for a patient. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  throw thrown
}

type Headers = Record<string, unknown>

function header(headers: Headers, name: string): string {
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name)
  return found ? String(headers[found]) : ''
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === 'object' && value !== null && 'pointer' in value && 'detail' in value
}

/** Read an answer that is not a good one. */
export function problemOf(status: number, body: unknown, headers: Headers): Problem {
  const said: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const seconds = Number.parseInt(header(headers, 'retry-after'), 10)
  const wait = Number.isFinite(seconds) && seconds > 0 ? seconds : null
  const detail = typeof said.detail === 'string' && said.detail ? said.detail : t('common.unknownAnswer')
  const code = typeof said.code === 'string' ? said.code : 'unreadable_answer'
  const errors = Array.isArray(said.errors) ? said.errors.filter(isFieldError) : []
  return new Problem(status, code, wait ? `${detail}${waiting(wait)}` : detail, errors, wait, said)
}

function waiting(seconds: number): string {
  const text = seconds < 60 ? t('common.waitSeconds', { n: seconds }) : t('common.waitMinutes', { n: Math.ceil(seconds / 60) })
  return ` ${text}`
}

/** No answer came. */
export function noAnswer(reason: string): Problem {
  return /timeout/i.test(reason)
    ? new Problem(0, 'too_slow', t('common.slow'))
    : new Problem(0, 'no_network', t('common.noNetwork'))
}
