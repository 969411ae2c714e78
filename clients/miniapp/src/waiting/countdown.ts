/** The time that is left of something, by the server's count and not by the phone's clock. */
import { onHide, onShow, onUnload } from '@dcloudio/uni-app'
import { ref, watch, type Ref } from 'vue'

/** Count seconds down from what the server said last; `over` is called once when nothing is left. */
export function useCountdown(said: () => number | null, over: () => unknown): Ref<number | null> {
  const left = ref<number | null>(null)
  let until = 0
  let timer: ReturnType<typeof setInterval> | undefined

  function tick(): void {
    if (left.value === null) return
    const before = left.value
    left.value = Math.max(Math.ceil((until - Date.now()) / 1000), 0)
    if (before > 0 && left.value === 0) over()
  }

  watch(
    said,
    (seconds) => {
      left.value = seconds
      until = Date.now() + (seconds ?? 0) * 1000
    },
    { immediate: true },
  )

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }
  onShow(() => {
    stop()
    tick()
    timer = setInterval(tick, 1000)
  })
  onHide(stop)
  onUnload(stop)
  return left
}
