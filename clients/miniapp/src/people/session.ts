/** Who uses the phone.

In WeChat signing in needs nobody: `wx.login` gives a code. A browser has no WeChat; a demonstration server lets it be
one of its simulated people instead, and remembers which, so that a reload is the same person. */
import { ref } from 'vue'
import { get, keepToken, onSignInNeeded, once, Problem, raw, token, type Schema } from '../api/client'
import { probeWith } from '../live/connection'
import { t } from '../texts'

export interface Person {
  openid: string
  label: string
}

const ACCOUNT = 'account'
const OPENID = 'openid'

type Account = Schema<'AccountView'>

function stored(): Account | null {
  const value: unknown = uni.getStorageSync(ACCOUNT)
  return typeof value === 'object' && value !== null ? (value as Account) : null
}

/** The account that is signed in. */
export const account = ref<Account | null>(stored())

async function exchange(code: string): Promise<void> {
  const session = await once('/api/v1/sessions', { code })
  keepToken(session.token)
  account.value = session.account
  uni.setStorageSync(ACCOUNT, session.account)
}

function needsPerson(): Problem {
  return new Problem(401, 'sign_in_needed', t('common.signInFirst'))
}

/** The simulated person's openid, in a browser. */
export function openid(): string {
  return String(uni.getStorageSync(OPENID) || '')
}

/** Be a simulated person: this one, or a new one. A problem with status 404: this server has none. */
export async function signInAs(person?: string): Promise<void> {
  const answer = await raw({ method: 'POST', url: '/api/v1/demonstration/people', body: person ? { openid: person } : {} })
  const { openid: id, code } = answer as { openid: string; code: string }
  keepToken('')
  await exchange(code)
  uni.setStorageSync(OPENID, id)
}

/** List the simulated people. A problem with status 404: this server has none. */
export async function people(): Promise<Person[]> {
  const answer = await raw({ method: 'GET', url: '/api/v1/demonstration/people' })
  return (answer as { items: Person[] }).items
}

function weixinCode(): Promise<string> {
  return new Promise((resolve, reject) =>
    uni.login({
      provider: 'weixin',
      success: ({ code }) => resolve(code),
      fail: () => reject(new Problem(0, 'no_network', t('common.noNetwork'))),
    }),
  )
}

let signingIn: Promise<void> | null = null

/** Sign in without asking anybody; a problem with status 401 where a person must choose first. */
export function signIn(): Promise<void> {
  signingIn ??= silently().finally(() => (signingIn = null))
  return signingIn
}

async function silently(): Promise<void> {
  keepToken('')
  let inWeixin = false
  // #ifdef MP-WEIXIN
  inWeixin = true
  // #endif
  if (inWeixin) return exchange(await weixinCode())
  if (!openid()) throw needsPerson()
  return signInAs(openid())
}

/** Forget who this was. */
export function signOut(): void {
  keepToken('')
  account.value = null
  uni.removeStorageSync(ACCOUNT)
  uni.removeStorageSync(OPENID)
}

export function isSignedIn(): boolean {
  return token() !== ''
}

/** Whether calls can be made as somebody; in WeChat this sees to it, as signing in asks nobody there. */
export async function isKnown(): Promise<boolean> {
  // #ifdef MP-WEIXIN
  if (!isSignedIn()) await signIn()
  // #endif
  return isSignedIn()
}

onSignInNeeded(signIn)
probeWith(() => get('/api/v1/hospital'))
