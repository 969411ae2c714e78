/**
 * What a desk without the network says to a scan: the server's rules again (`miniapp_api/checkin/codes.py` and
 * `checkin/rules.py`). Pure; `tests/offline-vectors.json` holds what both must say alike.
 */
import type { Schemas } from '@/api/client'

export type DeskDay = Pick<
  Schemas['DeskDayView'],
  'day' | 'starts_at' | 'ends_at' | 'keys' | 'step_seconds' | 'steps_around' | 'departments'
>
export type Person = Schemas['DeskDayPerson']
export type Band = Schemas['DeskDayBand']

export interface Known {
  day: DeskDay
  people: Map<string, Person>
  bands: Map<string, Band>
  /** Whom this desk has let in since, without the network. */
  here: ReadonlySet<string>
}

export interface Verdict {
  outcome: 'accepted' | 'already_checked_in' | 'refused' | 'unsure'
  reason: string | null
  /** Null where nothing on the list is meant. */
  person: Person | null
  band: Band | null
}

/** Tells whether a signature over a text is of the day's key. */
export type Check = (text: string, signature: Uint8Array, publicKey: string) => Promise<boolean>

interface Read {
  isSlip: boolean
  appointmentId: string
  /** Of the 30 s step, or of the day. */
  number: number
  signed: string
  signature: Uint8Array
}

const LONGEST = 300
const VERSION = 1
const PAYLOAD_BYTES = 21
const LAST_DAY = 2_932_896 // 9999-12-31
const DAY_MS = 86_400_000

const refused = (reason: string): Verdict => ({ outcome: 'refused', reason, person: null, band: null })

/**
 * Judges a code at a moment of the server's clock, in milliseconds.
 *
 * check: null where this browser cannot check signatures; then only the list speaks for somebody.
 */
export async function judgeCode(known: Known, code: string, now: number, check: Check | null): Promise<Verdict> {
  const read = readCode(code)
  if (!read) return refused('unknown_code')
  const { late, isOfDay } = judgeTime(known.day, read, now)
  if (!isOfDay) return refused(late ?? 'code_expired')
  const key = known.day.keys.find((one) => one.day === known.day.day)
  if (!key) return refused(late ?? 'code_expired')
  if (check && !(await check(read.signed, read.signature, key.public_key))) return refused('forged')
  if (late) return refused(late)
  return judgePerson(known, read.appointmentId, now)
}

/** Judges the arrival of somebody at a moment of the server's clock, in milliseconds. */
export function judgePerson(known: Known, appointmentId: string, now: number): Verdict {
  const person = known.people.get(appointmentId) ?? null
  const band = person ? (known.bands.get(person.slot_id) ?? null) : null
  const says = (outcome: Verdict['outcome'], reason: string | null = null): Verdict => ({ outcome, reason, person, band })
  if (!person || !band || !isOfDay(known.day, now)) return says('unsure')
  if (person.state === 'here' || known.here.has(person.id)) return says('already_checked_in')
  if (band.is_stopped) return says('refused', 'session_stopped')
  if (person.state !== 'expected') return says('refused', 'cancelled')
  if (!known.day.departments.some((one) => one.id === band.department_id)) return says('refused', 'wrong_department')
  if (now < Date.parse(band.opens_at)) return says('refused', 'too_early')
  if (now > Date.parse(band.closes_at)) return says('refused', 'too_late')
  return says('accepted')
}

export function isOfDay(day: DeskDay, moment: number): boolean {
  return moment >= Date.parse(day.starts_at) && moment < Date.parse(day.ends_at)
}

function judgeTime(day: DeskDay, read: Read, now: number): { late: string | null; isOfDay: boolean } {
  if (read.isSlip) {
    const isToday = read.number * DAY_MS === Date.parse(`${day.day}T00:00:00Z`)
    return { late: isToday && isOfDay(day, now) ? null : 'wrong_day', isOfDay: isToday }
  }
  const stepMs = day.step_seconds * 1000
  const apart = Math.abs(Math.floor(now / stepMs) - read.number)
  return { late: apart <= day.steps_around ? null : 'code_expired', isOfDay: isOfDay(day, read.number * stepMs) }
}

/** Reads a code of the patient, on the phone or on paper; null for whatever else was scanned. */
export function readCode(code: string): Read | null {
  const [kind, body, seal, ...rest] = code.length <= LONGEST ? code.split('.') : []
  if ((kind !== 'H2' && kind !== 'P2') || body === undefined || seal === undefined || rest.length > 0) return null
  const payload = fromBase64Url(body)
  const signature = fromBase64Url(seal)
  if (payload?.length !== PAYLOAD_BYTES || payload[0] !== VERSION || !signature) return null
  const number = new DataView(payload.buffer).getUint32(17)
  if (kind === 'P2' && number > LAST_DAY) return null
  const hex = [...payload.slice(1, 17)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  return { isSlip: kind === 'P2', appointmentId: id, number, signed: `${kind}.${body}`, signature }
}

/** Null for what is not base64url in its one written form. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null
  const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  const again = btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  return again === text ? Uint8Array.from(raw, (character) => character.charCodeAt(0)) : null
}
