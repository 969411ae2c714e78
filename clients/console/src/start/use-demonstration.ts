/** What the server tells a newcomer: the hospital's name, and the logins of a demonstration. */
import { onMounted, ref } from 'vue'
import type { components } from '@api/schema'
import type { Demonstration } from './doors'

/** state: `none` where this is a real hospital, which has no logins for everybody. */
export function useDemonstration() {
  const demonstration = ref<Demonstration | null>(null)
  const hospital = ref('')
  const state = ref<'reading' | 'there' | 'none' | 'failed'>('reading')

  async function read(): Promise<void> {
    state.value = 'reading'
    try {
      const [logins, house] = await Promise.all([fetch('/api/v1/demonstration'), fetch('/api/v1/hospital')])
      if (house.ok) hospital.value = ((await house.json()) as components['schemas']['HospitalView']).name
      if (logins.ok) demonstration.value = await logins.json()
      state.value = logins.ok ? 'there' : logins.status === 404 ? 'none' : 'failed'
    } catch (error) {
      if (!(error instanceof TypeError)) throw error // not the network: a bug
      state.value = 'failed'
    }
  }

  onMounted(read)
  return { demonstration, hospital, state, read }
}
