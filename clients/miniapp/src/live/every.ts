/** Ask again and again while somebody looks. */
import { onHide, onShow, onUnload } from '@dcloudio/uni-app'

/** Run `fn` every so many seconds while the page is on the screen, and at once when it comes back. */
export function useEvery(seconds: number, fn: () => unknown): void {
  let timer: ReturnType<typeof setInterval> | undefined
  let wasHidden = false

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }
  function start(): void {
    stop()
    timer = setInterval(fn, seconds * 1000)
  }

  onShow(() => {
    if (wasHidden) fn()
    wasHidden = false
    start()
  })
  onHide(() => {
    wasHidden = true
    stop()
  })
  onUnload(stop)
  // #ifdef H5
  // a browser's tab that goes to the back hides no page of uni-app's
  const turn = () => {
    if (document.hidden) stop()
    else if (timer === undefined) {
      fn()
      start()
    }
  }
  document.addEventListener('visibilitychange', turn)
  onUnload(() => document.removeEventListener('visibilitychange', turn))
  // #endif
}
