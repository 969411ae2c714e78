/**
 * The texts of the console: one file an area, each with `zh-CN` (the source) and `en`.
 *
 * `tests/texts.test.ts` holds that both languages have the same keys and placeholders.
 */
import { computed } from 'vue'
import { createI18n } from 'vue-i18n'
import common from './common'
import complaints from './complaints'
import desk from './desk'
import hub from './hub'
import room from './room'
import shell from './shell'

export const areas = { ...common, complaints, desk, hub, room, shell }

export type Language = 'zh-CN' | 'en'

const NAME = 'language'

type Area = Record<Language, Record<string, unknown>>

function inLanguage(chosen: Language): Record<string, unknown> {
  return Object.fromEntries(Object.entries(areas as Record<string, Area>).map(([name, area]) => [name, area[chosen]]))
}

function firstLanguage(): Language {
  const kept = localStorage.getItem(NAME)
  if (kept === 'zh-CN' || kept === 'en') return kept
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage() as string,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': inLanguage('zh-CN'), en: inLanguage('en') } as any,
})

export const language = computed(() => i18n.global.locale.value as Language)

export function speak(chosen: Language): void {
  i18n.global.locale.value = chosen
  localStorage.setItem(NAME, chosen)
  document.documentElement.lang = chosen
}

document.documentElement.lang = language.value

/** Gives a text by its key, outside of components too. */
export const say = i18n.global.t as (key: string, values?: Record<string, unknown>) => string
