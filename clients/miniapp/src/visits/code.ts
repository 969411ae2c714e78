/** The code to show at the desk: renewed before it ends, drawn on the phone itself, honest when the network is away. */
import qrcode from 'qrcode-generator'
import { computed, onUnmounted, ref } from 'vue'
import { asProblem, get, type Problem } from '../api/client'

const STEP_SECONDS = 30 // there is a new code so often, and the one before is good for as long again
const TRY_AGAIN_MS = 5_000
const A_MOMENT_MS = 300
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
  const left = ref(0) // seconds until the code that is shown is refused
  const renewsIn = ref(0) // seconds until there is a new one
  let endsAt = 0
  let renewsAt = 0
  let asking = false
  let askedAt = 0
  let timer: ReturnType<typeof setInterval> | undefined

  async function renew(): Promise<void> {
    asking = true
    askedAt = Date.now()
    try {
      const fresh = await get('/api/v1/appointments/{appointment_id}/code', { path: { appointment_id: appointment() } })
      endsAt = askedAt + fresh.expires_in * 1000 // from before the call: rather too early than too late
      renewsAt = askedAt + fresh.next_in * 1000 + A_MOMENT_MS // the next call travels as long as this one did
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
    const now = Date.now()
    left.value = Math.max(0, Math.round((endsAt - now) / 1000))
    renewsIn.value = Math.max(0, Math.ceil((renewsAt - now) / 1000))
  }

  function tick(): void {
    count()
    if (!asking && renewsIn.value === 0 && Date.now() - askedAt >= TRY_AGAIN_MS) void renew()
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
  const freshness = computed(() => Math.min(1, renewsIn.value / STEP_SECONDS))
  return { picture, problem, left, renewsIn, freshness, isGood, start, stop }
}
