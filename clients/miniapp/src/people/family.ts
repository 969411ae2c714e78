/** The people for whom this account may book. */
import { get, type Problem, type Schema } from '../api/client'
import { whole } from '../api/pages'
import { areas, language, t } from '../texts'

export type Patient = Schema<'PatientView'>

export const family = () => whole((cursor) => get('/api/v1/patients', { query: { limit: 100, cursor } }))

/** What is wrong with a field, in words; the server's detail of a field is a note for programmers. */
export function wrongWith(problem: Problem | null, pointer: string): string {
  const error = problem?.errors.find((one) => one.pointer === pointer)
  if (!error) return ''
  const words: Record<string, string> = areas.family[language.value]
  return words[`wrong.${error.code}`] ?? t('family.wrong.other')
}
