/** The order of each department: what the server keeps of it, its numbers with bounds and units, and the form on it. */
import { answer, api, type Schemas } from '@/api/client'
import type { Page } from '@/parts/pages'

export type Line = Schemas['DepartmentRuleView'] & { id: string }
export type Rule = Schemas['QueueRuleDetail'] & { id: string }
export type Look = Schemas['OrderLookView']
export type Policy = Schemas['QueueRuleForm']['policy']
type Numbers = Schemas['OrderNumbers']

interface Field {
  name: Exclude<keyof Numbers, 'late'>
  least: number
  most: number
  unit: 'minutes' | 'places' | 'people'
  /** Only for who comes late and is put some places behind. */
  isOfLadder?: boolean
}

export const FIELDS: readonly Field[] = [
  { name: 'early_minutes', least: 0, most: 60, unit: 'minutes' },
  { name: 'walk_in_minutes', least: 0, most: 120, unit: 'minutes' },
  { name: 'help_minutes', least: 0, most: 60, unit: 'minutes' },
  { name: 'return_minutes', least: 0, most: 60, unit: 'minutes' },
  { name: 'others_per_return', least: 0, most: 10, unit: 'people' },
  { name: 'missed_places', least: 1, most: 20, unit: 'places' },
  { name: 'late_places', least: 1, most: 10, unit: 'places', isOfLadder: true },
  { name: 'late_place_minutes', least: 1, most: 30, unit: 'minutes', isOfLadder: true },
  { name: 'late_ahead_minutes', least: 0, most: 60, unit: 'minutes', isOfLadder: true },
]

export type Form = Record<string, string>

export function formOf(rule: Rule | null): Form {
  const numbers = Object.fromEntries(FIELDS.map(({ name }) => [name, String(rule?.settings[name] ?? '')]))
  return { policy: rule?.policy ?? '', late: rule?.settings.late ?? 'arrival', ...numbers, why: '' }
}

/** As the server takes it; an empty field is said to be wrong there. */
export function orderOf(form: Form): Schemas['OrderForm'] {
  const numbers = Object.fromEntries(FIELDS.map(({ name }) => [name, form[name] === '' ? null : Number(form[name])]))
  return { policy: form.policy, settings: { late: form.late, ...numbers } } as Schemas['OrderForm']
}

export async function lines(cursor: string | undefined, limit: number): Promise<Page<Line>> {
  const found = await answer(api.GET('/api/v1/admin/queue-rules', { params: { query: { cursor, limit } } }))
  return { items: found.items.map((item) => ({ ...item, id: item.department_id })), next: found.next }
}

const at = (id: string) => ({ path: { department_id: id } })
const withId = (rule: Schemas['QueueRuleDetail']): Rule => ({ ...rule, id: rule.department_id })

export async function one(id: string): Promise<Rule> {
  return withId(await answer(api.GET('/api/v1/admin/queue-rules/{department_id}', { params: at(id) })))
}

export async function decide(id: string, form: Form, headers: { 'If-Match': string }): Promise<Rule> {
  const body = { ...orderOf(form), why: form.why ?? '' }
  return withId(await answer(api.PUT('/api/v1/admin/queue-rules/{department_id}', { params: at(id), headers, body })))
}

export function look(id: string, form: Form): Promise<Look> {
  const body = orderOf(form)
  return answer(api.POST('/api/v1/admin/queue-rules/{department_id}/preview', { params: at(id), body }))
}
