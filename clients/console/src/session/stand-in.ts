/**
 * Who worked at this desk last, for a browser that starts anew while the server is away: the desk goes on under that
 * name, and whatever is sent needs a real sign-in. It ends with a sign-out and with the day. It is kept with the day on
 * the disk: what a page writes elsewhere is lost when the browser is killed within seconds.
 */
import { toRaw } from 'vue'
import type { Schemas } from '@/api/client'
import { forgetDays, keepWorker, keptWorker } from '@/pages/desk/offline/store'

const DESK = 'desk' // where the desk page remembers its desk
const LASTS_MS = 14 * 3_600_000
const PATIENCE_MS = 3_000

export async function keepStandIn(staff: Schemas['StaffView'], deskId: string): Promise<void> {
  await keepWorker({ staff: toRaw(staff), deskId, at: Date.now() }) // a disk takes no proxies
}

export async function standIn(): Promise<Schemas['StaffView'] | null> {
  const kept = globalThis.indexedDB ? await keptWorker() : null
  if (!kept || Math.abs(Date.now() - kept.at) > LASTS_MS) return null
  if (!localStorage.getItem(DESK)) localStorage.setItem(DESK, kept.deskId)
  return kept.staff
}

/** Forgets the name and whom the desk expected; scans that nobody has heard of stay. */
export async function forgetStandIn(): Promise<void> {
  if (globalThis.indexedDB) await forgetDays()
}

/** Tells whether the server answers at all, with whatever. */
export async function isServerThere(): Promise<boolean> {
  try {
    const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
    return answer.status < 502
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false
    throw error
  }
}
