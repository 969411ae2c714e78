/** Draws (摇号) of places, apart from how they look. */
import { get, once, type Schema } from '../api/client'
import { hear } from '../live/serverClock'
import { t } from '../texts'
import { dayOf, nearDay, shortDay, timeOf } from '../texts/times'

export type Draw = Schema<'DrawDetail'>
export type Entry = Schema<'DrawEntryView'>
export const MOST_WISHES = 3

export async function draw(id: string): Promise<Draw> {
  const askedAt = Date.now()
  const found = await get('/api/v1/draws/{draw_id}', { path: { draw_id: id } })
  hear(found.now, askedAt)
  return found
}

export const entriesOf = async (id: string) => (await get('/api/v1/draws/{draw_id}/entries', { path: { draw_id: id } })).items

export const enter = (id: string, patient_id: string, slot_ids: string[]) =>
  once('/api/v1/draws/{draw_id}/entries', { patient_id, slot_ids }, { path: { draw_id: id } })

export const withdraw = (id: string) =>
  once('/api/v1/draw-entries/{entry_id}/withdrawal', undefined, { path: { entry_id: id } })

type Tone = 'plain' | 'good' | 'known' | 'wait' | 'bad' | 'call' | 'brand'

const TONES: Record<string, Tone> = {
  entered: 'known', won: 'good', lost: 'wait', refused: 'bad', cancelled: 'bad', withdrawn: 'plain',
}
export const toneOf = (state: string): Tone => TONES[state] ?? 'plain'

/** Choose a band, or let it go; the first chosen is the dearest, and there are three at most. */
export function chosen(wishes: string[], id: string): string[] {
  if (wishes.includes(id)) return wishes.filter((one) => one !== id)
  return wishes.length < MOST_WISHES ? [...wishes, id] : wishes
}

/** `今天 11月22日 07:00:30` */
export function secondOf(moment: string): string {
  const day = dayOf(moment)
  return `${nearDay(day)} ${shortDay(day)} ${moment.slice(11, 19)}`
}

/** The wishes of an entry in words: `① 09:00  ② 09:30`. */
export function wishesOf(entry: Entry): string {
  return entry.wishes
    .map((wish, n) => `${'①②③'[n] ?? ''} ${wish.starts_at ? timeOf(wish.starts_at) : t('draw.gone')}`)
    .join('  ')
}
