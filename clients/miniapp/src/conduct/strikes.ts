/** Missed and late visits: what they mean, apart from how they look. */
import { get, once, type Schema } from '../api/client'

export type Strike = Schema<'StrikeView'>
export type Standing = Schema<'PatientStandingView'>
export type Page = Schema<'StrikePage'>

const PAGE = 20
const DRAFT = 'appeal'

export function strikes(cursor?: string): Promise<Page> {
  return get('/api/v1/strikes', { query: { limit: PAGE, cursor } })
}

/** Where each of the account's people stands; only those of whom there is something to say. */
export async function standings(): Promise<Standing[]> {
  return (await get('/api/v1/strikes', { query: { limit: 1 } })).standings
}

export function appeal(strike: Strike, words: string): Promise<Strike> {
  return once('/api/v1/strikes/{strike_id}/appeal', { words }, { path: { strike_id: strike.id } })
}

/** Under which name an unsent appeal is kept. */
export function draftName(strike: Strike): string {
  return `${DRAFT}-${strike.id}`
}

export function isSuspended(standing: Standing | undefined): standing is Standing & { suspended_until: string } {
  return standing?.suspended_until != null
}

type Tone = 'plain' | 'good' | 'wait' | 'bad'

/** How a record stands: a word's key and its tone. */
export function stateOf(strike: Strike): { key: 'counted' | 'appealed' | 'forgiven' | 'over'; tone: Tone } {
  if (strike.state === 'forgiven') return { key: 'forgiven', tone: 'good' }
  if (!strike.counts) return { key: 'over', tone: 'plain' }
  return strike.state === 'appealed' ? { key: 'appealed', tone: 'wait' } : { key: 'counted', tone: 'bad' }
}
