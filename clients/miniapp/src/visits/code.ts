/** The code to show at the desk: renewed before it ends, drawn on the phone itself, honest when the network is away. */
import qrcode from 'qrcode-generator'
import { computed, onUnmounted, ref } from 'vue'
import { asProblem, get, type Problem } from '../api/client'

const RENEW_WITH_LEFT = 45 // seconds: time enough for a slow network before the old one ends
const TRY_AGAIN_MS = 5_000
const MODULE_PIXELS = 8
const QUIET_MODULES = 4 // as the standard asks

/** A picture of a text, as a data URL; the same in a browser and in the mini-program. */
export function drawn(text: string): string {
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  return code.createDataURL(MODULE_PIXELS, MODULE_PIXELS * QUIET_MODULES)
}

/** Keeps a fresh code of an appointment from `start` until `stop`. Time is counted here, so a wrong clock does no harm. */
export function useCode(appointment: () => string) {
  const picture = ref('')
  const problem = ref<Problem | null>(null)
  const life = ref(0) // seconds of the code that is shown
  const left = ref(0) // seconds until it ends
  let endsAt = 0
  let asking = false
  let askedAt = 0
  let timer: ReturnType<typeof setInterval> | undefined

  async function renew(): Promise<void> {
    asking = true
    askedAt = Date.now()
    try {
      const fresh = await get('/api/v1/appointments/{appointment_id}/code', { path: { appointment_id: appointment() } })
      endsAt = askedAt + fresh.expires_in * 1000 // from before the call: rather too early than too late
      life.value = fresh.expires_in
      picture.value = drawn(fresh.code)
      problem.value = null
    } catch (thrown) {
      problem.value = asProblem(thrown)
    } finally {
      asking = false
    }
    count()
  }

  function count(): void {
    left.value = Math.max(0, Math.round((endsAt - Date.now()) / 1000))
  }

  function tick(): void {
    count()
    if (!asking && left.value <= RENEW_WITH_LEFT && Date.now() - askedAt >= TRY_AGAIN_MS) void renew()
  }

  function start(): void {
    stop()
    timer = setInterval(tick, 1000)
    tick()
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  onUnmounted(stop)
  /** A code that has ended is never shown as a good one. */
  const isGood = computed(() => picture.value !== '' && left.value > 0)
  const renewsIn = computed(() => Math.max(0, left.value - RENEW_WITH_LEFT))
  const freshness = computed(() => renewsIn.value / Math.max(1, life.value - RENEW_WITH_LEFT))
  return { picture, problem, left, renewsIn, freshness, isGood, start, stop }
}
