/** The words of messages, for those who write and approve them. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type EventItem = Schemas['TemplateEventView']
export type Place = Schemas['TemplatePlaceView']
export type Version = Schemas['TemplateVersionView']
export type Words = Schemas['WordsView']
export type Preview = Schemas['TemplatePreviewView']
export type Finding = Schemas['FindingView']

export const LANGUAGES = ['zh-CN', 'zh-TW', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

const TONES: Record<Version['status'], Tone> = { draft: 'wait', approved: 'good', retired: 'quiet' }

export function toneOf(status: Version['status']): Tone {
  return TONES[status]
}

/** A copy to write in. */
export function copyOf(words: Words): Words {
  return { title: words.title, lines: words.lines.map((line) => ({ ...line })), fields: { ...words.fields } }
}

/** What one begins with: the draft, else what holds, else the usual words. */
export function firstOf(place: Place): Words {
  const own = place.versions.find((one) => one.status === 'draft') ?? place.versions.find((one) => one.status === 'approved')
  return copyOf(own ? own.words : place.shipped)
}

export function sameWords(one: Words, other: Words): boolean {
  return JSON.stringify(copyOf(one)) === JSON.stringify(copyOf(other))
}
