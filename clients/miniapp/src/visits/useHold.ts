/** The hold of one form: taken when it is known for whom, given back when the form is left. */
import { onUnload } from '@dcloudio/uni-app'
import { computed, ref, shallowRef } from 'vue'
import { asProblem, type Problem } from '../api/client'
import { clockOf, secondsUntil, useServerTime } from '../live/serverClock'
import { giveBack, hold, isOfForm, type Hold } from './holds'

export function useHold(slot: () => string) {
  const kept = shallowRef<Hold | null>(null)
  const refusal = shallowRef<Problem | null>(null)
  const isAsking = ref(false)
  const isDone = ref(false)
  const isLate = ref(false) // the server said so
  const now = useServerTime()
  let wanted = ''
  let last: Promise<void> = Promise.resolve()

  const left = computed(() => (kept.value ? secondsUntil(kept.value.held_until, now.value) : 0))
  const isOver = computed(() => !isDone.value && kept.value !== null && (isLate.value || left.value === 0))
  const clock = computed(() => (kept.value && !isOver.value ? clockOf(left.value) : ''))

  /** Go on with a hold that was found. */
  function adopt(found: Hold): void {
    wanted = found.patient.id
    kept.value = found
    isLate.value = false
    refusal.value = null
  }

  /** Keep the place for somebody; whom it was kept for before gets the form's other place only when this one has it. */
  function keepFor(patient: string): Promise<void> {
    if (isDone.value || patient === wanted) return last
    wanted = patient
    last = last.then(() => (wanted === patient ? take(patient) : undefined))
    return last
  }

  async function take(patient: string): Promise<void> {
    isAsking.value = true
    refusal.value = null
    try {
      await exchange(patient)
    } catch (thrown) {
      const problem = asProblem(thrown)
      // without a network the form is still good: it books without a hold
      if (problem.status !== 0) refusal.value = problem
    } finally {
      isAsking.value = false
    }
  }

  async function exchange(patient: string): Promise<void> {
    const before = isOver.value ? null : kept.value
    if (before === null) kept.value = null
    let fresh
    try {
      fresh = await hold(slot(), patient)
    } catch (thrown) {
      // the last place may be the one that is kept for the other person
      if (before === null || asProblem(thrown).code !== 'slot_full') throw thrown
      kept.value = null
      await giveBack(before)
      fresh = await hold(slot(), patient)
    }
    if (before !== null && kept.value !== null) void giveBack(before)
    adopt(fresh as Hold)
    if (isLeft) void giveBack(fresh)
  }

  /** Its time is over: ask for the same place again. */
  function again(): Promise<void> {
    const patient = wanted
    wanted = ''
    return keepFor(patient)
  }

  /** It is booked, by this hold or without it. */
  function done(): void {
    if (kept.value && !isMineToConfirm.value) void giveBack(kept.value)
    isDone.value = true
  }

  const isMineToConfirm = computed(() => kept.value !== null && !isOver.value && kept.value.patient.id === wanted)

  let isLeft = false
  onUnload(() => {
    isLeft = true
    if (!isDone.value && kept.value && !isOver.value && isOfForm(kept.value)) void giveBack(kept.value)
  })

  return {
    kept, refusal, isAsking, isOver, isMineToConfirm, clock, adopt, keepFor, again, done,
    /** What is being asked has its answer. */
    settled: () => last,
    late: () => (isLate.value = true),
  }
}
