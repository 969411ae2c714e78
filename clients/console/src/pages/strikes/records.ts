/** Missed and late visits, appeals and the people they are about, as the server gives them. */
import { answer, api, type Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Strike = Schemas['StaffStrikeView']
export type Person = Schemas['PersonDetail']
export type Outage = Schemas['OutageView']
export type Appealed = Strike & { appeal: NonNullable<Strike['appeal']> }

/** An appeal by its own id, as lists and addresses know it. */
export interface Appeal {
  id: string
  version: number
  strike: Appealed
}

export const APPEAL_STATES = ['open', 'granted', 'refused'] as const
export type AppealState = (typeof APPEAL_STATES)[number]

const APPEAL_TONES: Record<string, Tone> = { open: 'call', granted: 'good', refused: 'quiet' }

export function appealOf(strike: Strike): Appeal {
  const appealed = strike as Appealed
  return { id: appealed.appeal.id, version: appealed.appeal.version, strike: appealed }
}

export function toneOfAppeal(state: string): Tone {
  return APPEAL_TONES[state] ?? 'quiet'
}

/** How a record stands: the key of its word, and its tone. */
export function standOf(strike: Strike): { word: string; tone: Tone } {
  if (strike.state === 'forgiven') return { word: 'strikes.state.forgiven', tone: 'good' }
  if (!strike.counts) return { word: 'strikes.over', tone: 'quiet' }
  return { word: `strikes.state.${strike.state}`, tone: strike.state === 'appealed' ? 'wait' : 'bad' }
}

export async function appeals(state: AppealState, q: string, cursor: string | undefined, limit: number) {
  const page = await answer(api.GET('/api/v1/appeals', { params: { query: { state, q, cursor, limit } } }))
  return { items: page.items.map(appealOf), next: page.next }
}

export async function oneAppeal(id: string): Promise<Appeal> {
  return appealOf(await answer(api.GET('/api/v1/appeals/{appeal_id}', { params: { path: { appeal_id: id } } })))
}

export function onePerson(id: string): Promise<Person> {
  return answer(api.GET('/api/v1/people-with-strikes/{person_id}', { params: { path: { person_id: id } } }))
}
