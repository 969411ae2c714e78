/** What an entry of the waitlist means to whoever waits. */
import type { Schema } from '../api/client'
import { say, t } from '../texts'
import type { Tone } from '../visits/appointments'

export type Entry = Schema<'WaitlistEntryView'>
export type Offer = Schema<'WaitlistOfferView'>

const TONES: Record<Entry['state'], Tone> = {
  waiting: 'wait',
  offered: 'brand',
  booked: 'good',
  declined: 'plain',
  expired: 'plain',
  withdrawn: 'plain',
  closed: 'plain',
}

export function toneOf(state: Entry['state']): Tone {
  return TONES[state]
}

/** Something may still come of it. */
export function isOpen({ state }: Entry): boolean {
  return state === 'waiting' || state === 'offered'
}

/** What asks for an answer first, then what waits, then what is over; each as the server gives it. */
export function inOrder(entries: Entry[]): Entry[] {
  const rank = (entry: Entry) => (entry.offer ? 0 : isOpen(entry) ? 1 : 2)
  return [...entries].sort((one, other) => rank(one) - rank(other))
}

/** Who waits: `张三`, or `张三、张小宝`. */
export function namesOf(entry: Entry): string {
  return entry.patients.map(({ name }) => name).join(t('waiting.and'))
}

/** For which department. */
export function departmentOf(entry: Entry): string {
  return entry.criteria?.department_name ?? entry.sessions[0]?.department_name ?? ''
}

/** How likely a place is: in words, with a rounded number where the past says enough. */
export function chanceOf({ chance }: Entry): string {
  const words = say('waiting.hope', chance.hope)
  return chance.percent === null ? words : t('waiting.chance', { words, n: chance.percent })
}

/** Where an entry stands: `您排在第 3 位`, or that no clinic fits yet. */
export function positionOf({ ahead }: Entry): string {
  if (ahead === null) return t('waiting.noneYet')
  return ahead === 0 ? t('waiting.first') : t('waiting.ahead', { n: ahead })
}

/** What is left of an offer's time: `1 小时 52 分`, `12:05`. */
export function leftOf(seconds: number): string {
  const whole = Math.max(Math.floor(seconds), 0)
  const minutes = Math.floor(whole / 60)
  if (minutes >= 60) return t('waiting.hoursLeft', { h: Math.floor(minutes / 60), m: minutes % 60 })
  return `${String(minutes).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`
}
