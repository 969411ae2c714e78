/** Questions and approved answers: read, and put into groups that people look for. */
import { get, type Schema } from '../api/client'
import { whole } from '../api/pages'

export type Faq = Schema<'FaqView'>

const PAGE = 100
export const HOUSE = 'house' // what holds for the whole hospital has no department

export const questions = () => whole((cursor) => get('/api/v1/faq', { query: { limit: PAGE, cursor } }))
export const search = async (q: string) => (await get('/api/v1/faq', { query: { q, limit: 20 } })).items
export const answerOf = (id: string) => get('/api/v1/faq/{faq_id}', { path: { faq_id: id } })

export interface Group {
  id: string
  /** Empty: the whole hospital. */
  name: string
  items: Faq[]
}

/** By department, those of the whole hospital first; within one, by condition. */
export function groupsOf(items: Faq[]): Group[] {
  const groups = new Map<string, Group>()
  for (const one of items) {
    const id = one.department_id ?? HOUSE
    const group = groups.get(id)
    if (group) group.items.push(one)
    else groups.set(id, { id, name: one.department_name, items: [one] })
  }
  const byName = (one: Group, other: Group) => Number(other.id === HOUSE) - Number(one.id === HOUSE) || one.name.localeCompare(other.name)
  const byCondition = (one: Faq, other: Faq) => one.condition.localeCompare(other.condition) || one.question.localeCompare(other.question)
  return [...groups.values()].sort(byName).map((group) => ({ ...group, items: [...group.items].sort(byCondition) }))
}
