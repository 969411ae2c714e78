/** Sends a change, and keeps why it was refused. */
import { ref } from 'vue'
import { Problem } from '@/api/client'

export function useSending(done: () => void) {
  const isActing = ref(false)
  const isSaved = ref(false)
  const refusal = ref<Problem | null>(null)

  /** Gives whether it was taken. */
  async function send(call: () => Promise<unknown>): Promise<boolean> {
    isActing.value = true
    isSaved.value = false
    refusal.value = null
    try {
      await call()
      isSaved.value = true
      done()
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
      return false
    } finally {
      isActing.value = false
    }
  }

  return { isActing, isSaved, refusal, send }
}
