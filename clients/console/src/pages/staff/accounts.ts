/** Accounts of staff as the server gives them, the form in which they are written, and the calls. */
import { answer, api, type Schemas } from '@/api/client'
import { asSeen } from '@/parts/forms/editing'
import type { Role } from '@/session'
import { say } from '@/texts'

export type Account = Schemas['KeptStaff']
export type Change = Schemas['StaffHistoryEntry']
type Send = Schemas['StaffChange']

export const ROLES: Role[] = [
  'guide', 'room', 'customer_service', 'complaint_handler', 'supervisor', 'department_head', 'operations', 'committee',
  'admin',
]

export interface Grant {
  role: Role
  department_id: string | null
}

/** phone, email: only what is written anew; '' leaves it as it is, null deletes it. */
export interface AccountForm extends Record<string, unknown> {
  username: string
  name: string
  roles: Grant[]
  practitioner_id: string | null
  phone: string | null
  email: string | null
  wecom_userid: string
}

export function accountForm(row: Account | null): AccountForm {
  return {
    username: row?.username ?? '',
    name: row?.name ?? '',
    roles: (row?.roles ?? []).map(({ role, department_id }) => ({ role: role as Role, department_id })),
    practitioner_id: row?.practitioner_id ?? null,
    phone: '',
    email: '',
    wecom_userid: row?.wecom_userid ?? '',
  }
}

/** What is sent of a changed account: an emptied text field is null for the server. */
export function changesOf(changes: Partial<AccountForm>): Send {
  const sent = { ...changes }
  if (sent.phone === '') delete sent.phone
  if (sent.email === '') delete sent.email
  return { ...sent, ...('wecom_userid' in sent ? { wecom_userid: sent.wecom_userid || null } : {}) } as Send
}

/** A right in words: `导医（全院）`. */
export function sayGrant({ role, department }: { role: string; department: string }): string {
  return say('staff.grant', { role: say(`staff.role.${role}`), department: department || say('staff.whole') })
}

/** A value of the history in words; rights are kept there as `role@department`. */
export function sayKept(name: string, value: unknown): string {
  if (name !== 'roles' || !Array.isArray(value)) return String(value ?? '')
  return value
    .map((one: string) => sayGrant({ role: one.slice(0, one.indexOf('@')), department: one.slice(one.indexOf('@') + 1) }))
    .join(say('mark.and'))
}

const path = (staff_id: string) => ({ path: { staff_id } })

export const accounts = {
  list: (query: Record<string, unknown>) => answer(api.GET('/api/v1/admin/staff', { params: { query } })),
  one: (id: string) => answer(api.GET('/api/v1/admin/staff/{staff_id}', { params: path(id) })),
  create: (form: AccountForm) =>
    answer(
      api.POST('/api/v1/admin/staff', {
        body: {
          ...form,
          phone: form.phone || null,
          email: form.email || null,
          wecom_userid: form.wecom_userid || null,
        },
      }),
    ),
  change: (row: Account, changes: Partial<AccountForm>) =>
    answer(
      api.PATCH('/api/v1/admin/staff/{staff_id}', {
        params: path(row.id),
        body: changesOf(changes),
        headers: asSeen(row),
      }),
    ),
  hands: (id: string) => answer(api.GET('/api/v1/admin/staff/{staff_id}/hands', { params: path(id) })),
  switchTo: (row: Account, active: boolean, reason: string) =>
    answer(
      api.POST(
        active ? '/api/v1/admin/staff/{staff_id}/activation' : '/api/v1/admin/staff/{staff_id}/deactivation',
        { params: path(row.id), body: { reason }, headers: asSeen(row) },
      ),
    ),
  givePassword: (id: string) => answer(api.POST('/api/v1/admin/staff/{staff_id}/password', { params: path(id) })),
  endSessions: (id: string) => answer(api.POST('/api/v1/admin/staff/{staff_id}/sign-out', { params: path(id) })),
  contacts: (id: string, reason: string) =>
    answer(api.POST('/api/v1/admin/staff/{staff_id}/contacts', { params: path(id), body: { reason } })),
  history: (id: string, cursor?: string) =>
    answer(
      api.GET('/api/v1/admin/staff/{staff_id}/history', { params: { ...path(id), query: { cursor, limit: 20 } } }),
    ),
}
