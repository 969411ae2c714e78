/** What needs me now: raised alerts, live, ringing until somebody takes them. */
import { computed, ref, watch } from 'vue'
import { answer, api, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { follow } from '@/api/live'
import { ALARM, sound, wakeSound } from '@/parts/sound'

export type Alert = Schemas['AlertView']

const RING_MS = 6_000

/** Follows my alerts until `stop`. One for the whole console: the frame owns it. */
export function followAlerts() {
  const found = useFresh(async () => (await answer(api.GET('/api/v1/alerts'))).items)
  const acting = ref<string | null>(null)
  const open = computed(() => (found.data.value ?? []).filter((alert) => alert.state !== 'resolved'))
  const ringing = computed(() => open.value.filter((alert) => alert.state === 'raised'))

  const { isLive, stop: stopStream } = follow('/api/v1/live', {
    hear: () => void found.refresh(),
    restart: () => void found.refresh(),
  })

  function ring(): void {
    if (ringing.value.length === 0) return
    void wakeSound().then(() => sound(ALARM))
  }
  const bell = setInterval(ring, RING_MS)
  watch(() => ringing.value.length, (now, before) => now > (before ?? 0) && ring())

  async function acknowledge(alert: Alert): Promise<void> {
    acting.value = alert.id
    try {
      await answer(api.POST('/api/v1/alerts/{alert_id}/acknowledgement', { params: { path: { alert_id: alert.id } } }))
    } finally {
      acting.value = null
      await found.refresh()
    }
  }

  function stop(): void {
    clearInterval(bell)
    stopStream()
  }

  return { open, ringing, isLive, acting, acknowledge, stop, refresh: found.refresh }
}
