/**
 * The texts of the console: one file an area, each with `zh-CN` (the source) and `en`.
 *
 * `tests/texts.test.ts` holds that both languages have the same keys and placeholders.
 */
import { computed } from 'vue'
import { createI18n } from 'vue-i18n'
import boards from './boards'
import calling from './calling'
import calls from './calls'
import carePlans from './care-plans'
import caseWork from './case-work'
import catalogue from './catalogue'
import clocks from './clocks'
import common from './common'
import complaints from './complaints'
import consents from './consents'
import desk from './desk'
import draws from './draws'
import faq from './faq'
import followUps from './follow-ups'
import hub from './hub'
import imports from './imports'
import ladder from './ladder'
import learning from './learning'
import offline from './offline'
import opinions from './opinions'
import questionnaires from './questionnaires'
import queueRules from './queue-rules'
import reception from './reception'
import replay from './replay'
import reports from './reports'
import room from './room'
import routing from './routing'
import scans from './scans'
import schedules from './schedules'
import settings from './settings'
import scores from './scores'
import shell from './shell'
import staff from './staff'
import stages from './stages'
import stops from './stops'
import strikes from './strikes'
import templates from './templates'
import triage from './triage'
import waitlist from './waitlist'
import waits from './waits'
import webhooks from './webhooks'

export const areas = { ...common, ...learning, boards, calling, calls, carePlans, caseWork, catalogue, clocks, complaints, consents, desk, draws, faq, followUps, hub, imports, ladder, offline, opinions, questionnaires, queueRules, reception, replay, reports, room, routing, scans, schedules, settings, scores, shell, staff, stages, stops, strikes, templates, triage, waitlist, waits, webhooks }

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
