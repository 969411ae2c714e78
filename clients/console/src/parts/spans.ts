/** Lengths of time, as people say them. */
import { say } from '@/texts'

/** A length of time in the two largest units that matter, as a key of `span` and its numbers. */
export function span(seconds: number): { key: 'dh' | 'hm' | 'm' | 's'; values: Record<string, number> } {
  const whole = Math.abs(seconds)
  const minutes = Math.floor(whole / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return { key: 'dh', values: { d: Math.floor(hours / 24), h: hours % 24 } }
  if (hours > 0) return { key: 'hm', values: { h: hours, m: minutes % 60 } }
  if (minutes > 0) return { key: 'm', values: { m: minutes } }
  return { key: 's', values: { s: whole } }
}

/** Says a length of time: «12 分», «3 小时 5 分». */
export function spanWords(seconds: number): string {
  const { key, values } = span(seconds)
  return say(`span.${key}`, values)
}
