/** A change of the plan: looked at first, then made exactly as it was seen, or looked at anew when something moved. */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'

export type Plan = Schemas['PlanView']
export type Change = Partial<Schemas['PreviewForm']>

export interface Planning {
  /** What the change would do; null while the form is filled in. */
  plan: ShallowRef<Plan | null>
  problem: Ref<Problem | null>
  isBusy: Ref<boolean>
  /** Something moved between the look and the act: the plan shown is a newer one. */
  isAnew: Ref<boolean>
  look: () => Promise<void>
  /** Gives whether it was done. */
  act: () => Promise<boolean>
  back: () => void
  errorOf: ComputedRef<(name: string) => string | undefined>
}

export function usePlanning(asked: () => Change, carryOut: (digest: string) => Promise<unknown>): Planning {
  const plan = shallowRef<Plan | null>(null)
  const problem = ref<Problem | null>(null)
  const isBusy = ref(false)
  const isAnew = ref(false)

  async function trying(step: () => Promise<void>): Promise<boolean> {
    isBusy.value = true
    problem.value = null
    try {
      await step()
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      return false
    } finally {
      isBusy.value = false
    }
  }

  async function ask(): Promise<void> {
    plan.value = await answer(
      api.POST('/api/v1/admin/schedules/preview', { body: asked() as Schemas['PreviewForm'] }),
    )
  }

  async function look(): Promise<void> {
    isAnew.value = false
    await trying(ask)
  }

  async function act(): Promise<boolean> {
    const seen = plan.value
    if (!seen) return false
    isAnew.value = false
    const isDone = await trying(async () => void (await carryOut(seen.digest)))
    if (!isDone && problem.value?.code === 'plan_changed') isAnew.value = await trying(ask)
    return isDone
  }

  function back(): void {
    plan.value = null
    problem.value = null
    isAnew.value = false
  }

  const errorOf = computed(() => (name: string) => {
    return problem.value?.fields.find((one) => one.pointer.endsWith(`/${name}`))?.detail
  })

  return { plan, problem, isBusy, isAnew, look, act, back, errorOf } as Planning
}
