/** A step that is taken with something the server keeps: approve, retire, put out of use. */
import { ref } from 'vue'
import { Problem } from '@/api/client'
import { say } from '@/texts'
import type { Kept } from './editing'

/** told: shows what stands at the server, after the step or because a colleague was faster. */
export function useAct<Row extends Kept>(told: (row: Row) => void) {
  const isActing = ref(false)
  const refusal = ref<Problem | null>(null)

  /** Gives whether it was done; otherwise `refusal` says why not. */
  async function act(call: () => Promise<Row>): Promise<boolean> {
    isActing.value = true
    refusal.value = null
    try {
      told(await call())
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const fresh = error.status === 412 ? (error.data.resource as Row | undefined) : undefined
      if (fresh) told(fresh)
      refusal.value = fresh ? new Problem(error.code, error.status, say('form.movedOn')) : error
      return false
    } finally {
      isActing.value = false
    }
  }

  function forget(): void {
    refusal.value = null
  }

  return { isActing, refusal, act, forget }
}
