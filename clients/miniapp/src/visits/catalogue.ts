/** What the hospital offers, as the server tells it. */
import { get } from '../api/client'
import { whole } from '../api/pages'
import { hear } from '../live/serverClock'

export const hospital = () => get('/api/v1/hospital')
export const departments = () => whole((cursor) => get('/api/v1/departments', { query: { limit: 100, cursor } }))
export const department = (id: string) => get('/api/v1/departments/{department_id}', { path: { department_id: id } })
export const practitioners = (department: string) =>
  whole((cursor) => get('/api/v1/practitioners', { query: { department, limit: 100, cursor } }))
export const practitioner = (id: string) => get('/api/v1/practitioners/{practitioner_id}', { path: { practitioner_id: id } })

/** The places of some days, of a department or of one doctor. */
export async function slots(department: string, from: string, to: string, practitioner = '') {
  const askedAt = Date.now()
  const query = practitioner ? { practitioner, from, to } : { department, from, to }
  const { items, now } = await get('/api/v1/slots', { query })
  hear(now, askedAt)
  return items
}

/** The places to come again after a visit: those of the same doctor first. */
export async function revisitSlots(visit: string, patient: string, from: string, to: string) {
  const askedAt = Date.now()
  const where = { path: { encounter_id: visit }, query: { patient, from, to } }
  const { items, now } = await get('/api/v1/encounters/{encounter_id}/revisit-slots', where)
  hear(now, askedAt)
  return items
}
