/** Looking for something while it is typed: asked a moment after the last key, and only the last question counts. */
import { onUnload } from '@dcloudio/uni-app'
import { computed, ref, shallowRef, watch } from 'vue'
import { asProblem, type Problem } from '../api/client'
import { language } from '../texts'

const PAUSE_MS = 250

/** `found` stays what it was until the next answer is there, so that nothing jumps on a slow network. */
export function useSearch<T>(ask: (words: string) => Promise<T[]>) {
  const typed = ref('')
  const found = shallowRef<T[]>([])
  const problem = shallowRef<Problem | null>(null)
  /** The words to which `found` is the answer. */
  const answered = ref('')
  const isBusy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest = 0

  const words = computed(() => typed.value.trim())

  async function look(): Promise<void> {
    clearTimeout(timer)
    const mine = ++latest
    const wanted = words.value
    problem.value = null
    if (wanted === '') {
      found.value = []
      answered.value = ''
      isBusy.value = false
      return
    }
    isBusy.value = true
    try {
      const items = await ask(wanted)
      if (mine !== latest) return // a later question has overtaken this one
      found.value = items
      answered.value = wanted
    } catch (thrown) {
      if (mine === latest) problem.value = asProblem(thrown)
    } finally {
      if (mine === latest) isBusy.value = false
    }
  }

  watch(words, (now) => {
    clearTimeout(timer)
    if (now === '') void look()
    else timer = setTimeout(() => void look(), PAUSE_MS)
  })
  watch(language, () => void look())
  onUnload(() => clearTimeout(timer))
  return { typed, words, found, answered, problem, isBusy, look }
}
