/** What a check of a file found, and what an import did. Pure. */
import type { Schemas } from '@/api/client'

export type Report = Schemas['ImportView']
export type Mistake = Report['mistakes'][number]
export type Row = Report['rows'][number]
export type Plan = Report['plan']

/** Of a plan, what is not nothing. */
export const PLANNED = ['new_sessions', 'gone_sessions', 'changed_sessions', 'new_places', 'gone_places'] as const

export function effectsOf(plan: Plan): { key: (typeof PLANNED)[number]; n: number }[] {
  return PLANNED.map((key) => ({ key, n: plan[key] })).filter((effect) => effect.n > 0)
}

/** Whether an import would change anything. */
export function changesAnything(report: Report): boolean {
  return report.counts.some((count) => count.new + count.changed > 0)
}

/** Whether sheets have to be told apart: a CSV file has one, which is called after the file. */
export function hasSheets(items: readonly { sheet: string }[]): boolean {
  return items.some((item) => item.sheet !== '' && !item.sheet.endsWith('.csv'))
}
