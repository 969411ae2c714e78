/** What was typed about a walk-in: it outlives the dialog, so that an accidental close loses nothing. Ends with the tab. */
import { reactive } from 'vue'
import type { Problem } from '@/api/problem'
import type { Schemas } from '@/api/client'
import { bornByIdentity, type Flag, type Level } from '@/parts/triage/need'
import type { PersonFile } from '@/parts/person/file'

export interface Draft {
  file: PersonFile | null
  name: string
  phone: string
  idNumber: string
  birthDate: string
  departmentId: string | null
  departmentText: string
  triage: Level
  flags: Flag[]
  /** What is the matter, in short. */
  reason: string
}

export const FIELDS = ['name', 'phone', 'id_number', 'birth_date', 'department_id'] as const
export type Field = (typeof FIELDS)[number]
/** What is wrong, as a key of a text of ours or as a sentence of the server. */
export type Wrong = Partial<Record<Field, string>>

function empty(): Draft {
  return {
    file: null,
    name: '',
    phone: '',
    idNumber: '',
    birthDate: '',
    departmentId: null,
    departmentText: '',
    triage: 'normal',
    flags: [],
    reason: '',
  }
}

export const draft = reactive<Draft>(empty())

export function startAnew(): void {
  Object.assign(draft, empty())
}

/** `19500301`, `1950-3-1`, `1950.03.01` → `1950-03-01`; null for what is no date. */
export function dateOf(text: string): string | null {
  const compact = text.trim()
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(compact) ?? /^(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?$/.exec(compact)
  if (!parts) return null
  const said = [parts[1]!, parts[2]!.padStart(2, '0'), parts[3]!.padStart(2, '0')].join('-')
  const read = new Date(`${said}T00:00:00Z`)
  return Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== said ? null : said
}

/** Gives the birth date that was typed, or that the identity number tells. */
export function bornOf(of: Draft): string | null {
  return dateOf(of.birthDate) ?? bornByIdentity(of.idNumber)
}

/** Gives what is missing, as keys of `desk`; the server looks at the rest. */
export function missing(of: Draft): Wrong {
  const wrong: Wrong = {}
  if (!of.file && !of.name.trim()) wrong.name = 'nameNeeded'
  if (!of.file && of.birthDate.trim() && !dateOf(of.birthDate)) wrong.birth_date = 'birthWrong'
  if (!of.departmentId) wrong.department_id = 'departmentNeeded'
  return wrong
}

/** Gives the form as the API wants it, of a draft in which nothing is missing. anotherThan: files that are other people's. */
export function formOf(of: Draft, anotherThan: string[]): Schemas['WalkInForm'] {
  const { triage, flags } = of
  const common = { department_id: of.departmentId!, triage, flags: flags as never, reason: of.reason.trim(), another_than: [] }
  if (of.file) return { ...common, patient_id: of.file.id }
  return {
    ...common,
    another_than: anotherThan as never,
    patient: {
      name: of.name.trim(),
      phone: of.phone.trim() || null,
      id_number: of.idNumber.trim() || null,
      birth_date: of.birthDate.trim() ? dateOf(of.birthDate) : null,
      gender: null,
    },
  }
}

/** Gives what the server says is wrong with fields of ours. Whoever gets none shows the problem as a whole. */
export function wrongOf(problem: Problem): Wrong {
  const wrong: Wrong = {}
  for (const { pointer, detail } of problem.fields) {
    const name = pointer.split('/').at(-1) as Field
    if (FIELDS.includes(name)) wrong[name] ??= detail
  }
  return wrong
}
