/** The server's clock on this screen: a desk's own clock may be minutes off, and every wait is told by the server's. */
import { onScopeDispose, ref, type Ref } from 'vue'

const TICK_MS = 1_000

/** Gives `now` in milliseconds, running by the second, and `set`, to be told a moment of the server that just came. */
export function useHospitalClock(): { now: Ref<number>; set: (at: string) => void } {
  let ahead = 0
  const now = ref(Date.now())
  const ticking = setInterval(() => (now.value = Date.now() + ahead), TICK_MS)
  onScopeDispose(() => clearInterval(ticking))

  function set(at: string): void {
    ahead = Date.parse(at) - Date.now()
    now.value = Date.now() + ahead
  }

  return { now, set }
}
