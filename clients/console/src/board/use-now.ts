/** The time, once a second: of the hospital, and one that never jumps. */
import { onScopeDispose, ref, type Ref } from 'vue'

/** ahead: the server's clock minus ours, milliseconds. */
export function useNow(ahead: Ref<number>) {
  const wall = ref(Date.now() + ahead.value)
  const steady = ref(performance.now())
  const ticking = setInterval(() => {
    wall.value = Date.now() + ahead.value
    steady.value = performance.now()
  }, 500)
  onScopeDispose(() => clearInterval(ticking))
  return { wall, steady }
}
