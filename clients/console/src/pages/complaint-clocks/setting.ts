/** A setting that is tried out before it is saved. */
import { ref, shallowRef } from 'vue'
import { Problem, type Schemas } from '@/api/client'

export function useSetting() {
  const trial = shallowRef<Schemas['ClockTrialView'] | null>(null)
  const refusal = shallowRef<Problem | null>(null)
  const isBusy = ref(false)
  const isSaved = ref(false)
  const why = ref('')

  async function doing(what: () => Promise<void>): Promise<void> {
    isBusy.value = true
    isSaved.value = false
    refusal.value = null
    try {
      await what()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
    } finally {
      isBusy.value = false
    }
  }

  return {
    trial,
    refusal,
    isBusy,
    isSaved,
    why,
    tryOut: (call: () => Promise<Schemas['ClockTrialView']>) => doing(async () => void (trial.value = await call())),
    save: (call: () => Promise<void>) =>
      doing(async () => {
        await call()
        trial.value = null
        why.value = ''
        isSaved.value = true
      }),
  }
}
