/** What needs me now: raised alerts, live, ringing until somebody takes them. Only the server ends an alert. */
import { computed, ref, watch } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { follow } from '@/api/live'
import { ALARM, sound, wakeSound } from '@/parts/sound'
import { say } from '@/texts'
import { flashTitle } from './title'

export type Alert = Schemas['AlertView']

const RING_MS = 6_000
const QUIET = ['holidays_unknown', 'desk_report', 'improvement_proposed', 'improvement_assigned', 'improvement_due', 'improvement_judged'] // needs somebody these weeks, not this minute: shown, without a sound

/** Those that still mean something, what rings first, then the highest level, then the oldest. */
export function inOrder(alerts: Alert[]): Alert[] {
  const rings = (alert: Alert) => Number(alert.state === 'raised')
  return alerts
    .filter((alert) => alert.state !== 'resolved')
    .sort((a, b) => rings(b) - rings(a) || b.level - a.level || a.raised_at.localeCompare(b.raised_at))
}

/** Follows my alerts until `stop`. One for the whole console: the frame owns it. */
export function followAlerts() {
  const found = useFresh(async () => (await answer(api.GET('/api/v1/alerts', { params: { query: { limit: 100 } } }))).items)
  const acting = ref<string | null>(null)
  const refusal = ref<Problem | null>(null)
  const open = computed(() => inOrder(found.data.value ?? []))
  const ringing = computed(() => open.value.filter((alert) => alert.state === 'raised'))

  const { isLive, stop: stopStream } = follow('/api/v1/live', {
    hear: () => void found.refresh(),
    restart: () => void found.refresh(),
  })

  function ring(): void {
    if (ringing.value.every((alert) => QUIET.includes(alert.kind))) return
    void wakeSound().then(() => sound(ALARM))
  }
  const bell = setInterval(ring, RING_MS)
  watch(() => ringing.value.length, (now, before) => now > (before ?? 0) && ring())
  const title = flashTitle(() => (ringing.value.length > 0 ? say('shell.alertCount', { n: ringing.value.length }) : ''))

  async function acknowledge(alert: Alert): Promise<void> {
    acting.value = alert.id
    refusal.value = null
    try {
      await answer(api.POST('/api/v1/alerts/{alert_id}/acknowledgement', { params: { path: { alert_id: alert.id } } }))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
    } finally {
      acting.value = null
      await found.refresh()
    }
  }

  function stop(): void {
    clearInterval(bell)
    title.stop()
    stopStream()
  }

  const problem = computed(() => refusal.value ?? found.problem.value)
  return { open, ringing, isLive, acting, problem, acknowledge, stop, refresh: found.refresh }
}
