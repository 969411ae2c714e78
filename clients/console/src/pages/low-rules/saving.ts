/** Steps of a card: what is under way, what was refused, what was saved. */
import { ref } from 'vue'
import { Problem } from '@/api/client'

export function useSaving() {
  const isActing = ref(false)
  const refusal = ref<Problem | null>(null)
  const saved = ref<number | null>(null)

  /** Gives the answer; null when the server refused, and `refusal` says why. */
  async function act<Got>(call: () => Promise<Got>): Promise<Got | null> {
    isActing.value = true
    refusal.value = null
    saved.value = null
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
      return null
    } finally {
      isActing.value = false
    }
  }

  return { isActing, refusal, saved, act }
}
