/** Somebody to be booked, with a file or without one yet. Pure. */
import type { Problem } from '@/api/problem'
import type { Schemas } from '@/api/client'
import type { PersonFile } from './file'

export interface PersonDraft {
  file: PersonFile | null
  name: string
  phone: string
  idNumber: string
}

const FIELDS = ['name', 'phone', 'id_number'] as const
/** What the server says is wrong with each field. */
export type Wrong = Partial<Record<(typeof FIELDS)[number], string>>

export function noPerson(): PersonDraft {
  return { file: null, name: '', phone: '', idNumber: '' }
}

export function isNamed(of: PersonDraft): boolean {
  return of.file !== null || of.name.trim() !== ''
}

/** Gives the person as the API wants it. */
export function personForm(of: PersonDraft): Pick<Schemas['ExtraPlaceForm'], 'patient' | 'patient_id'> {
  if (of.file) return { patient_id: of.file.id }
  const { name, phone, idNumber } = of
  return {
    patient: {
      name: name.trim(),
      phone: phone.trim() || null,
      id_number: idNumber.trim() || null,
      birth_date: null,
      gender: null,
    },
  }
}

/** Gives what is wrong with fields of ours. Whoever gets none shows the problem as a whole. */
export function wrongOf(problem: Problem): Wrong {
  const wrong: Wrong = {}
  for (const { pointer, detail } of problem.fields) {
    const name = FIELDS.find((field) => field === pointer.split('/').at(-1))
    if (name) wrong[name] ??= detail
  }
  return wrong
}
