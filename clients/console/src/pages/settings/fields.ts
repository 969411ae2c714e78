/** What the hospital decides about booking: the numbers in their groups, with their bounds and units. */
import type { Schemas } from '@/api/client'

export type Settings = Schemas['BookingSettingsView']
export type Row = Settings & { id: string }
export type Name = Exclude<keyof Settings, 'version'>

interface Whole {
  name: Name
  least: number
  most: number
  /** Key of the unit's word. */
  unit: 'minutes' | 'seconds' | 'hours' | 'days' | 'times' | 'places' | 'percent' | 'clock' | 'lots'
  /** Empty is no limit. */
  isOptional?: boolean
}
interface Choice {
  name: Name
  choices: readonly string[]
}
export type Field = Whole | Choice

export function isChoice(field: Field): field is Choice {
  return 'choices' in field
}

export const GROUPS: readonly { title: string; fields: readonly Field[] }[] = [
  {
    title: 'booking',
    fields: [
      { name: 'max_open_bookings', least: 1, most: 50, unit: 'times' },
      { name: 'max_per_month', least: 1, most: 100, unit: 'times', isOptional: true },
      { name: 'same_practitioner_per_day', least: 1, most: 10, unit: 'times' },
      { name: 'cancel_until_minutes', least: 0, most: 10080, unit: 'minutes' },
      { name: 'hold_seconds', least: 30, most: 3600, unit: 'seconds' },
      { name: 'revisit_days', least: 1, most: 730, unit: 'days' },
      { name: 'extra_places_per_session', least: 0, most: 50, unit: 'places' },
    ],
  },
  {
    title: 'strikes',
    fields: [
      { name: 'strike_limit', least: 1, most: 20, unit: 'times' },
      { name: 'strike_window_days', least: 1, most: 730, unit: 'days' },
      { name: 'suspension_days', least: 0, most: 366, unit: 'days' },
      { name: 'late_cancel_hours', least: 0, most: 168, unit: 'hours' },
      { name: 'late_cancels_per_strike', least: 0, most: 20, unit: 'times' },
      { name: 'early_cancel_days', least: 1, most: 60, unit: 'days' },
      { name: 'early_cancels_per_credit', least: 0, most: 20, unit: 'times' },
      { name: 'appeal_hours', least: 1, most: 720, unit: 'hours' },
    ],
  },
  {
    title: 'waitlist',
    fields: [
      { name: 'waitlist_offer_minutes', least: 5, most: 2880, unit: 'minutes' },
      { name: 'waitlist_offer_share', least: 1, most: 100, unit: 'percent' },
      { name: 'waitlist_least_minutes', least: 1, most: 240, unit: 'minutes' },
      { name: 'waitlist_quiet_from', least: 0, most: 23, unit: 'clock' },
      { name: 'waitlist_quiet_until', least: 0, most: 23, unit: 'clock' },
      { name: 'waitlist_closes_minutes', least: 0, most: 10080, unit: 'minutes' },
      { name: 'waitlist_max_open', least: 1, most: 20, unit: 'times' },
      { name: 'waitlist_missed_at_most', least: 1, most: 20, unit: 'times' },
      { name: 'waitlist_release_minutes', least: 0, most: 1440, unit: 'minutes' },
    ],
  },
  {
    title: 'stops',
    fields: [
      { name: 'stop_answer_minutes', least: 15, most: 4320, unit: 'minutes' },
      { name: 'stop_call_after_minutes', least: 1, most: 1440, unit: 'minutes' },
      { name: 'stop_reached_by', choices: ['delivered', 'read', 'answered'] },
      { name: 'stop_on_silence', choices: ['first', 'release'] },
      { name: 'stop_search_days', least: 1, most: 60, unit: 'days' },
    ],
  },
  {
    title: 'draws',
    fields: [
      { name: 'draw_loss_days', least: 1, most: 365, unit: 'days' },
      { name: 'draw_lots_at_most', least: 1, most: 10, unit: 'lots' },
    ],
  },
]

export type Form = Record<string, string>

/** As it stands in the fields; nothing typed is an empty text. */
export function formOf(row: Row | null): Form {
  const names = GROUPS.flatMap((group) => group.fields.map((field) => field.name))
  return Object.fromEntries(names.map((name) => [name, String(row?.[name] ?? '')]))
}

const CHOICES = new Set<string>(GROUPS.flatMap((group) => group.fields.filter(isChoice).map((field) => field.name)))

/** As the server takes it: numbers as numbers, an empty field as null. */
export function bodyOf(form: Partial<Form>): Schemas['BookingSettingsForm'] {
  const pairs = Object.entries(form).map(([name, text]) => {
    if (CHOICES.has(name)) return [name, text]
    return [name, text === '' || text === undefined ? null : Number(text)]
  })
  return Object.fromEntries(pairs) as Schemas['BookingSettingsForm']
}
