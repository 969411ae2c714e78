/** The desk without the network says what the server says. The vectors are written by the server's own rules. */
import { webcrypto } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromBase64Url, judgeCode, judgePerson, type Check, type Known } from '@/pages/desk/offline/judge'
import vectors from './offline-vectors.json'

const check: Check = async (text, signature, publicKey) => {
  const raw = fromBase64Url(publicKey)!
  const key = await webcrypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify'])
  return webcrypto.subtle.verify({ name: 'Ed25519' }, key, new Uint8Array(signature), new TextEncoder().encode(text))
}

const known = (here: string[] = []): Known => ({
  day: vectors.day,
  people: new Map(vectors.day.people.map((one) => [one.id, one])),
  bands: new Map(vectors.day.bands.map((one) => [one.slot_id, one])),
  here: new Set(here),
})

test.each(vectors.cases)('$name: $outcome $reason', async (one) => {
  const now = Date.parse(one.now)
  const verdict = one.code === undefined ? judgePerson(known(), one.person!, now) : await judgeCode(known(), one.code, now, check)
  expect({ outcome: verdict.outcome, reason: verdict.reason }).toEqual({ outcome: one.outcome, reason: one.reason })
})

const good = vectors.cases.find((one) => one.code && one.outcome === 'accepted')!
const id = vectors.day.people[0]!.id

test('who was let in here a moment ago is known, without the network', async () => {
  const verdict = await judgeCode(known([id]), good.code!, Date.parse(good.now), check)
  expect(verdict).toMatchObject({ outcome: 'already_checked_in', person: { id } })
})

test('a browser that cannot check goes by the list alone', async () => {
  const forged = vectors.cases.find((one) => one.name === 'signed by somebody else')!
  expect(await judgeCode(known(), forged.code!, Date.parse(forged.now), null)).toMatchObject({ outcome: 'accepted' })
  const rubbish = vectors.cases.find((one) => one.reason === 'unknown_code')!
  expect(await judgeCode(known(), rubbish.code!, Date.parse(rubbish.now), null)).toMatchObject({ reason: 'unknown_code' })
})
