/** Who works here: sign-in, rights, sign-out. */
import { computed, ref } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { forgetStandIn, standIn } from './stand-in'
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

/** Sets a password of one's own; every other session of one's own ends. Throws: Problem. */
export async function changePassword(old: string, fresh: string): Promise<void> {
  await answer(api.POST('/api/v1/staff/me/password', { body: { old_password: old, new_password: fresh } }))
  if (me.value) me.value = { ...me.value, must_change_password: false }
}

/** Whether the server is away while we ask who works here: there is nothing to show then but that. */
export const isAway = ref(false)
const AGAIN_MS = 1_500

/** Asks who the kept token belongs to, until there is an answer. Returns false when it is of no use any more. */
export async function recognise(): Promise<boolean> {
  if (!token.value) return false
  while (!me.value) {
    try {
      me.value = await answer(api.GET('/api/v1/staff/me'))
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return false
      if (!(error instanceof Problem && error.isOpen)) throw error
      if ((me.value = await standIn())) return true // the desk goes on; whatever is sent needs the real sign-in
      isAway.value = true
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    } finally {
      if (me.value) isAway.value = false
    }
  }
  return true
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
  await forgetStandIn()
}

export function hasRole(...roles: Role[]): boolean {
  return roles.some((role) => me.value?.roles.includes(role))
}
