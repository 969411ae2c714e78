/** How values of the catalogue are written for people, and read from what people write. Pure but for the language. */
import { say } from '@/texts'
import type { Change } from './records'

const SEPARATORS = /[、，,;；\n]+/

/** `脑外科、神外` → `['脑外科', '神外']`; each once. */
export function listOf(text: string): string[] {
  return [...new Set(text.split(SEPARATORS).map((one) => one.trim()))].filter(Boolean)
}

/** Fen → `¥12.50`, `¥50`. */
export function yuan(fen: number): string {
  return `¥${fen % 100 === 0 ? fen / 100 : (fen / 100).toFixed(2)}`
}

/** `12.5` → 1250; null for what is no price. */
export function fenOf(text: string): number | null {
  const found = /^[¥￥]?\s*(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text.trim())
  if (!found) return null
  const fen = Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return fen <= 10_000_000 ? fen : null
}

/** A pair of degrees as maps copy it: `27.3316,118.1207`. Null for anything else. */
export function pointOf(text: string): { latitude: number; longitude: number } | null {
  const found = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text)
  return found ? { latitude: Number(found[1]), longitude: Number(found[2]) } : null
}

type Shown = (name: string, value: unknown) => string | undefined

function wordOf(name: string, value: unknown, shown?: Shown): string {
  const said = shown?.(name, value)
  if (said !== undefined) return said
  if (typeof value === 'boolean') return say(value ? 'catalogue.yes' : 'catalogue.no')
  if (name === 'price_fen' && typeof value === 'number') return yuan(value)
  return Array.isArray(value) ? value.join('、') : String(value ?? '')
}

/** The columns that a change touched, before and after, in words. */
export function sayChanges(
  change: Pick<Change, 'before' | 'after'>,
  shown?: Shown,
): { column: string; before: string; after: string }[] {
  const before = (change.before ?? {}) as Record<string, unknown>
  const after = (change.after ?? {}) as Record<string, unknown>
  return Object.keys({ ...before, ...after }).map((column) => ({
    column,
    before: wordOf(column, before[column], shown),
    after: wordOf(column, after[column], shown),
  }))
}
