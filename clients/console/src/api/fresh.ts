/** A view of the server's data that keeps itself fresh. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from './problem'

export interface Fresh<Data> {
  data: ShallowRef<Data | null>
  /** Why the last look failed; what was seen before stays. */
  problem: Ref<Problem | null>
  isLoading: Ref<boolean>
  /** Looks again. Wishes that come while a look is under way are one more look, not many. */
  refresh: () => Promise<void>
}

/** Makes such a view of what `look` gives. */
export function useFresh<Data>(look: () => Promise<Data>): Fresh<Data> {
  const data = shallowRef<Data | null>(null)
  const problem = ref<Problem | null>(null)
  const isLoading = ref(false)
  let running: Promise<void> | null = null
  let again = false

  async function lookOnce(): Promise<void> {
    try {
      data.value = await look()
      problem.value = null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    }
  }

  async function run(): Promise<void> {
    isLoading.value = true
    try {
      do {
        again = false
        await lookOnce()
      } while (again)
    } finally {
      isLoading.value = false // a bug of ours, too, must not leave a list busy for good
    }
  }

  function refresh(): Promise<void> {
    if (running) {
      again = true
      return running
    }
    running = run().finally(() => (running = null))
    return running
  }

  return { data, problem, isLoading, refresh } as Fresh<Data>
}
