/** The people for whom this account may book. */
import { get, type Schema } from '../api/client'
import { whole } from '../api/pages'

export type Patient = Schema<'PatientView'>

export const family = () => whole((cursor) => get('/api/v1/patients', { query: { limit: 100, cursor } }))
