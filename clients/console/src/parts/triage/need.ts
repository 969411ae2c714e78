/** How urgent somebody is and what help is needed, as the forms of desk and room hold it. */
import type { Schemas } from '@/api/client'
import { answer, api } from '@/api/client'
import { useFresh } from '@/api/fresh'

export const LEVELS = ['normal', 'priority', 'urgent'] as const
export type Level = (typeof LEVELS)[number]
/** Those that are chosen by themselves; `urgent` is chosen as the level. */
export const FLAGS = ['elderly', 'disabled', 'pregnant', 'child', 'wheelchair', 'feverish'] as const
export type Flag = (typeof FLAGS)[number]

export type TriageSettings = Schemas['TriageSettingsView']

/** From which ages help is suggested, and where to go with a fever; read once, when the form opens. */
export function useTriageSettings() {
  const settings = useFresh<TriageSettings>(() => answer(api.GET('/api/v1/admin/triage-settings')))
  void settings.refresh()
  return settings.data
}

/** What an age suggests. born: `1950-03-01`; today: the hospital's, as its pages know it. */
export function suggestedFor(born: string | null, today: Date, settings: TriageSettings | null): Flag[] {
  if (!born || !settings) return []
  const [year, month, day] = born.split('-').map(Number) as [number, number, number]
  const hadBirthday = today.getMonth() + 1 > month || (today.getMonth() + 1 === month && today.getDate() >= day)
  const age = today.getFullYear() - year - (hadBirthday ? 0 : 1)
  if (age >= settings.elderly_age) return ['elderly']
  return age >= 0 && age < settings.child_age ? ['child'] : []
}

/** `11010119500301001X` → `1950-03-01`; null for what is no identity number. */
export function bornByIdentity(number: string): string | null {
  const parts = /^\d{6}(\d{4})(\d{2})(\d{2})\d{3}[\dXx]$/.exec(number.trim())
  return parts ? parts.slice(1).join('-') : null
}

export function flagsOf(flags: readonly string[]): Flag[] {
  return FLAGS.filter((flag) => flags.includes(flag))
}
