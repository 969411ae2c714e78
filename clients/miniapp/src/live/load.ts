/** What a page shows while it loads, when nothing is there, when it failed, and when it has something. */
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { onPullDownRefresh, onShow } from '@dcloudio/uni-app'
import { asProblem, type Problem } from '../api/client'
import { language } from '../texts'
import { isShaky } from './connection'

export type LoadState = 'loading' | 'empty' | 'error' | 'signin' | 'content'

function nothingIn(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object' && value !== null && 'items' in value) return nothingIn(value.items)
  return value === null
}

/** Load when the page is shown, pulled down, back in reach, or spoken in another language.

What is on the screen stays while it is asked for again, and also when that fails for want of network. */
export function useLoad<T>(fn: () => Promise<T>, isEmpty: (value: T) => boolean = nothingIn) {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  let latest = 0

  const state = computed<LoadState>(() => {
    if (problem.value?.status === 401) return 'signin'
    if (problem.value && (data.value === null || problem.value.status !== 0)) return 'error'
    if (data.value === null) return busy.value ? 'loading' : 'empty'
    return isEmpty(data.value) ? 'empty' : 'content'
  })

  async function reload(): Promise<void> {
    const mine = ++latest
    busy.value = true
    try {
      const value = await fn()
      if (mine !== latest) return // a later question has overtaken this one
      data.value = value
      problem.value = null
    } catch (thrown) {
      if (mine === latest) problem.value = asProblem(thrown)
    } finally {
      if (mine === latest) busy.value = false
    }
  }

  onShow(() => void reload())
  onPullDownRefresh(() => void reload().finally(() => uni.stopPullDownRefresh()))
  watch(isShaky, (shaky) => {
    if (!shaky && problem.value?.status === 0) void reload()
  })
  watch(language, () => void reload())

  // before the first showing there is nothing to show either
  busy.value = true
  return reactive({ data, problem, busy, state, reload })
}
