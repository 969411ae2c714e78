/** The running moment of this machine, for what counts down on the screen. */
import { onScopeDispose, ref, type Ref } from 'vue'

/** Gives milliseconds that go on every second for as long as the component that asked lives. */
export function useNow(): Ref<number> {
  const now = ref(Date.now())
  const ticking = setInterval(() => (now.value = Date.now()), 1_000)
  onScopeDispose(() => clearInterval(ticking))
  return now
}
