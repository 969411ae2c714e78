/** The app's own words: `t('queue.ahead', { n: 3 })`. Nothing is compiled at run time, as a mini-program may not. */
import { ref } from 'vue'
import { LANGUAGES, type Language } from './area'
import appointment from './appointment'
import booking from './booking'
import common from './common'
import complaint from './complaint'
import draw from './draw'
import family from './family'
import files from './files'
import find from './find'
import followUp from './follow-up'
import hold from './hold'
import me from './me'
import messages from './messages'
import preferences from './preferences'
import privacy from './privacy'
import queue from './queue'
import signin from './signin'
import stopped from './stopped'
import strikes from './strikes'
import survey from './survey'
import waiting from './waiting'

export { LANGUAGES, type Language }

export const areas = { common, signin, family, booking, hold, find, appointment, queue, messages, survey, strikes, complaint, files, draw, me, preferences, privacy, waiting, stopped, followUp }
type Areas = typeof areas
export type TextKey = { [A in keyof Areas]: `${A}.${keyof Areas[A]['zh-CN'] & string}` }[keyof Areas]

const STORED = 'language'

/** The language that is closest to a device's tag: `zh_HK`, `zh-Hant-TW`, `en-GB`. */
export function closest(tag: string): Language {
  const parts = tag.toLowerCase().split(/[-_]/)
  if (parts[0] !== 'zh') return parts[0] === '' ? 'zh-CN' : 'en'
  if (parts.includes('hans')) return 'zh-CN'
  return parts.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part)) ? 'zh-TW' : 'zh-CN'
}

function atStart(): Language {
  const stored: unknown = uni.getStorageSync(STORED)
  const known = LANGUAGES.find((language) => language === stored)
  return known ?? closest(uni.getSystemInfoSync().language ?? '')
}

/** The language in use; a change redraws what is on the screen. */
export const language = ref<Language>(atStart())

/** Choose a language for good. */
export function speak(chosen: Language): void {
  language.value = chosen
  uni.setStorageSync(STORED, chosen)
}

/** Say something in the language in use. Each `{name}` is filled from `values`. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  const dot = key.indexOf('.')
  const words: Record<string, string> = areas[key.slice(0, dot) as keyof Areas][language.value]
  return (words[key.slice(dot + 1)] ?? key).replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole))
}

/** Say a state of the server's, if there is a word for it; its own name otherwise, so that a new one is not hidden. */
export function say(prefix: string, state: string): string {
  const key = `${prefix}.${state}`
  const dot = key.indexOf('.')
  const words: Record<string, string> = areas[key.slice(0, dot) as keyof Areas]?.[language.value] ?? {}
  return words[key.slice(dot + 1)] ?? state
}
