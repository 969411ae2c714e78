/** What the pages of scores share: which period, how a figure is written. Pure, but for handing a file to the browser. */
import { answer, api, type Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Scores = Schemas['ScoresView']
export type Tile = Schemas['ScoreTile']
export type Item = Schemas['ScoreItem']
export type Interval = Schemas['ScoreInterval']
export type Change = Schemas['ScoreChange']

export const KINDS = ['outpatient', 'discharge', 'monthly', 'phone', 'interview', 'poster'] as const
export const MODES = ['miniapp', 'web', 'phone', 'interview', 'poster'] as const
export interface Narrowing {
  department: string | null
  kind: (typeof KINDS)[number] | ''
  mode: (typeof MODES)[number] | ''
}

export interface Choice {
  group: 'month' | 'quarter' | 'half' | 'year'
  key: string
}

/** The periods that can be chosen on a day: `2026-11-22` → this month back to three years ago. */
export function periodsBefore(day: string): Choice[] {
  const year = Number(day.slice(0, 4))
  const month = Number(day.slice(5, 7))
  const found: Choice[] = []
  for (let place = 0; place < 18; place++) {
    const number = year * 12 + month - 1 - place
    found.push({ group: 'month', key: `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}` })
  }
  const parts = { quarter: ['Q', 3, 8], half: ['H', 6, 4], year: ['', 12, 3] } as const
  for (const [group, [mark, months, count]] of Object.entries(parts)) {
    for (let place = 0; place < count; place++) {
      const number = Math.floor((year * 12 + month - 1) / months) - place
      const perYear = 12 / months
      const of = Math.floor(number / perYear)
      found.push({ group: group as Choice['group'], key: mark ? `${of}-${mark}${(number % perYear) + 1}` : String(of) })
    }
  }
  return found
}

/** What is asked for, without what is empty. */
export function narrowed({ department, kind, mode }: Narrowing) {
  return { department: department ?? undefined, kind: kind || undefined, mode: mode || undefined }
}

/** `88.81` → `88.8`; `90` → `90`. */
export function plain(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** The values at which a figure is ruled, from the lowest that it shows up to 100. */
export function rulesTo(least: number): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => least + (100 - least) * share)
}

export function signed(value: number): string {
  return value > 0 ? `+${plain(value)}` : plain(value).replace('-', '−')
}

export const TONES: Record<Change['verdict'], Tone> = { better: 'good', worse: 'bad', no_clear_change: 'quiet' }

const TYPES = { csv: 'text/csv', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }

/** Fetches the scores of a period as a file and hands it to the browser. Throws: Problem. */
export async function download(scores: Scores, narrowing: Narrowing, format: keyof typeof TYPES): Promise<void> {
  const { first, last } = scores.period
  const params = { query: { from: first, to: last, ...narrowed(narrowing) } }
  const call = api.GET('/api/v1/reports/satisfaction', { params, parseAs: 'blob', headers: { Accept: TYPES[format] } })
  const blob = (await answer(call as never)) as Blob
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `satisfaction-${scores.period.key}.${format}`
  link.click()
  URL.revokeObjectURL(link.href)
}
