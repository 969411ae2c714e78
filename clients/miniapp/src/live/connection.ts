/** Whether the server is in reach. While it is not, one small question is asked again and again. */
import { ref } from 'vue'

const FIRST_MS = 2_000
const LONGEST_MS = 15_000

/** The last call had no answer. */
export const isShaky = ref(false)

let ask: (() => Promise<unknown>) | null = null
let timer: ReturnType<typeof setTimeout> | undefined
let pause = FIRST_MS

/** Say how to ask whether the server is there. */
export function probeWith(question: () => Promise<unknown>): void {
  ask = question
}

/** An answer came. */
export function reached(): void {
  isShaky.value = false
  pause = FIRST_MS
  clearTimeout(timer)
  timer = undefined
}

/** No answer came. */
export function unreached(): void {
  isShaky.value = true
  if (timer === undefined) timer = setTimeout(probe, pause)
}

function probe(): void {
  timer = undefined
  pause = Math.min(pause * 2, LONGEST_MS)
  // a failure comes back as `unreached`, which sets the next timer
  ask?.().catch(() => undefined)
}
