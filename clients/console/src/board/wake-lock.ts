/** Keeps the screen on, where the browser can. */
import { onScopeDispose } from 'vue'

/** Holds a wake lock while the component lives; a browser drops it whenever the page was hidden. */
export function useWakeLock(): void {
  async function hold(): Promise<void> {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    try {
      await navigator.wakeLock.request('screen')
    } catch (error) {
      // a device that saves power says no: the board works all the same
      if (!(error instanceof DOMException)) throw error
    }
  }
  void hold()
  document.addEventListener('visibilitychange', hold)
  onScopeDispose(() => document.removeEventListener('visibilitychange', hold))
}
