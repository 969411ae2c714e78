/** The server's clock: what opens and closes at a second goes by it, never by the phone's own. */
import { onHide, onShow, onUnload } from '@dcloudio/uni-app'
import { ref, watch, type Ref } from 'vue'

const TICK_MS = 250
const JITTER_MS = 1500 // a thousand phones that wait for one second must not ask in one second
const LONGEST_PAUSE_MS = 30_000

/** Seconds below which a countdown says more than the moment itself. */
export const COUNTED = 86_400

let ahead = 0 // of the phone's clock, in milliseconds

/** Set the clock by an answer: `now` belongs to the middle between the question and the answer. */
export function hear(now: string, askedAt: number): void {
  const answeredAt = Date.now()
  ahead = Date.parse(now) + (answeredAt - askedAt) / 2 - answeredAt
}

export function serverTime(): number {
  return Date.now() + ahead
}

/** Whole seconds until a moment, 0 when it has come. */
export function secondsUntil(moment: string, now = serverTime()): number {
  return Math.max(Math.ceil((Date.parse(moment) - now) / 1000), 0)
}

/** `05:09`, `1:05:09`. */
export function clockOf(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`
}

/** How long to wait before asking again, the n-th time: longer each time, and never all phones at once. */
export function pauseOf(times: number, chance = Math.random()): number {
  return Math.min(1000 * 2 ** times, LONGEST_PAUSE_MS) - 1000 + chance * JITTER_MS
}

/** The server's time, ticking while the page is on the screen. */
export function useServerTime(): Ref<number> {
  const now = ref(serverTime())
  let timer: ReturnType<typeof setInterval> | undefined

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }
  function start(): void {
    stop()
    now.value = serverTime()
    timer = setInterval(() => (now.value = serverTime()), TICK_MS)
  }
  start()
  onShow(start)
  onHide(stop)
  onUnload(stop)
  return now
}

/** Once a moment has come, ask a little later, and again with growing pauses while it stays the one that is waited for. */
export function askWhenOver(now: Ref<number>, moment: () => string | null, ask: () => unknown): void {
  let times = 0
  let next = 0
  watch(moment, () => {
    times = 0
    next = 0
  })
  watch(now, (time) => {
    const to = moment()
    if (to === null || time < Date.parse(to)) return
    if (next === 0) next = time + pauseOf(times++)
    if (time < next) return
    next = time + pauseOf(times++)
    ask()
  })
}
