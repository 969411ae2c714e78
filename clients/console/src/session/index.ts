/** Who works here: sign-in, rights, sign-out. */
import { computed, ref } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { forget, keep, token } from './token'

export type Role =
  | 'guide'
  | 'room'
  | 'customer_service'
  | 'complaint_handler'
  | 'supervisor'
  | 'department_head'
  | 'operations'
  | 'committee'
  | 'admin'

export const me = ref<Schemas['StaffView'] | null>(null)
export const isSignedIn = computed(() => token.value !== '')

/** Throws: Problem when name or password are wrong. */
export async function signIn(username: string, password: string): Promise<void> {
  const session = await answer(api.POST('/api/v1/staff/sessions', { body: { username, password } }))
  keep(session.token)
  me.value = session.staff
}

/** Asks who the kept token belongs to. Returns false when it is of no use any more. */
export async function recognise(): Promise<boolean> {
  if (!token.value) return false
  if (me.value) return true
  try {
    me.value = await answer(api.GET('/api/v1/staff/me'))
    return true
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false
    throw error
  }
}

/** Ends the session here at once, and at the server when it can be reached. */
export async function signOut(): Promise<void> {
  const ending = api.DELETE('/api/v1/staff/sessions/current')
  try {
    await ending
  } catch (error) {
    if (!(error instanceof TypeError)) throw error // without network the token ends by its own time
  }
  forget()
  me.value = null
}

export function hasRole(...roles: Role[]): boolean {
  return roles.some((role) => me.value?.roles.includes(role))
}
