/** What the hospital offers, as the server tells it. */
import { get } from '../api/client'
import { whole } from '../api/pages'

export const hospital = () => get('/api/v1/hospital')
export const departments = () => whole((cursor) => get('/api/v1/departments', { query: { limit: 100, cursor } }))
export const department = (id: string) => get('/api/v1/departments/{department_id}', { path: { department_id: id } })
export const practitioners = (department: string) =>
  whole((cursor) => get('/api/v1/practitioners', { query: { department, limit: 100, cursor } }))
export const slots = async (department: string, from: string, to: string) =>
  (await get('/api/v1/slots', { query: { department, from, to } })).items
