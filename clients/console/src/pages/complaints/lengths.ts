/** Exact lengths of time: parts of a sum must add up before the reader's eyes. */
import { say } from '@/texts'

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

/** Says a length of time without parts that are nothing: «1 天», «23 小时 6 分 12 秒». */
export function exactSpan(seconds: number): string {
  let left = Math.round(Math.abs(seconds))
  const words: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) words.push(say(`clocks.unit.${unit}`, { n: count }))
  }
  return words.join(' ') || say('clocks.unit.s', { n: 0 })
}
