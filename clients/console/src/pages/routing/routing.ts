/** Routes and settings as the server gives them, and drafts of them. */
import { computed, nextTick, reactive, ref, type Ref } from 'vue'
import { Problem, type Schemas } from '@/api/client'

export type Routing = Schemas['RoutingView']
export type Route = Schemas['RoutingRouteView']
export type Setting = Schemas['RoutingSettingView']
export type Step = Schemas['RoutingStepView']
export type Channel = Schemas['RoutingChannelView']

export const PAGE = 'routing'
export const SETTINGS = ['quiet_hours', 'caps', 'dedupe', 'digest'] as const
export const UNITS = { minutes: 60, hours: 3600, days: 86400 } as const
export type Unit = keyof typeof UNITS

/** How a wait is best told. */
export function unitOf(seconds: number): Unit {
  if (seconds > 0 && seconds % UNITS.days === 0) return 'days'
  return seconds > 0 && seconds % UNITS.hours === 0 ? 'hours' : 'minutes'
}

export interface Draft<Value extends object> {
  value: Value
  isDirty: Ref<boolean>
  isSaving: Ref<boolean>
  isSaved: Ref<boolean>
  problem: Ref<Problem | null>
  errorAt: (pointer: string) => string | undefined
  save: () => Promise<void>
  discard: () => void
}

/** A draft of something that is saved as a whole. send: tells what stands at the server afterwards. */
export function useDraft<Value extends object>(read: () => Value, send: (value: Value) => Promise<void>): Draft<Value> {
  const copy = (): Value => JSON.parse(JSON.stringify(read()))
  const state = reactive({ value: copy() }) as { value: Value }
  const isSaving = ref(false)
  const isSaved = ref(false)
  const problem = ref<Problem | null>(null)
  const isDirty = computed(() => JSON.stringify(state.value) !== JSON.stringify(read()))

  async function save(): Promise<void> {
    if (isSaving.value) return
    isSaving.value = true
    problem.value = null
    try {
      await send(state.value)
      await nextTick() // what stands at the server now has come down by then
      state.value = copy()
      isSaved.value = true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      isSaving.value = false
    }
  }

  return {
    get value() {
      return state.value
    },
    isDirty,
    isSaving,
    isSaved,
    problem,
    errorAt: (pointer) => problem.value?.fields.find((field) => field.pointer.startsWith(pointer))?.detail,
    save,
    discard() {
      state.value = copy()
      problem.value = null
    },
  }
}
