/** What is said for a call. Pure. */
import type { Call } from './calls'
import type { Language } from './texts'

const DIGITS = '零一二三四五六七八九'

/** Reads a number one sign after the other: a voice would make «thousand» of E1001. */
export function spelled(number: string, language: Language): string {
  return [...number].map((sign) => (language === 'zh-CN' && DIGITS[+sign]) || sign).join(' ')
}

/** Says a masked name: the family name alone. A foreign initial says nothing to anybody and is left out. */
export function spokenName(masked: string): string {
  const first = masked.charAt(0)
  return /\p{Script=Han}/u.test(first) ? `${first}某` : ''
}

/** Gives the sentence for a call. */
export function sentence(call: Call, language: Language): string {
  const number = spelled(call.number, language)
  if (language === 'en') return `Number ${number}, please go to ${call.room ?? 'the consulting room'}`
  const name = spokenName(call.name)
  return `请 ${number} 号，${name ? `${name}，` : ''}到 ${call.room ?? '诊室'} 就诊`
}
