/**
 * The desk that goes on without the network: it takes its day along every minute, judges scans by itself while the
 * server is away, keeps them on the disk, and sends them in order when it is back.
 */
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { newId } from '@/api/once'
import { me } from '@/session'
import { keepStandIn } from '@/session/stand-in'
import { token } from '@/session/token'
import { findCheck } from './check'
import { judgeCode, judgePerson, isOfDay, type Band, type Check, type Person, type Verdict } from './judge'
import { asArrival, find, merged } from './people'
import { asForm, batches, type Batch } from './sending'
import { deviceId, forgetScans, keepDay, keepScan, keptDay, keptScans, type KeptDay, type KeptScan } from './store'

const FRESH_MS = 60_000
const AGAIN_MS = 3_000
const PATIENCE_MS = 8_000
const LONGEST_CODE = 300

export interface Told {
  verdict: Verdict
  scanId: string
  /** By the server's clock, in milliseconds. */
  at: number
  canCheck: boolean
}

/** Whether an error says that the server cannot be reached, and not that it refuses. */
export function isAway(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === 'TimeoutError' || error.name === 'AbortError'
  return error instanceof Problem && [0, 502, 504].includes(error.status)
}

/** show: puts a verdict onto the big panel. sent: hears what became of what was sent. */
export function useOffline(
  deskId: Ref<string | null>,
  ears: { show: (told: Told) => void; sent: (items: Schemas['MergedScan'][]) => void; refused: (problem: Problem) => void },
) {
  const isOffline = ref(!navigator.onLine)
  const needsSignIn = ref(false)
  const known = shallowRef<KeptDay | null>(null)
  const kept = ref<KeptScan[]>([])
  let check: Check | null = null
  const canCheck = ref(true)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | null = null
  let isOver = false
  let losses = 0 // of the network

  const people = computed(() => new Map((known.value?.people ?? []).map((one) => [one.id, one])))
  const bands = computed(() => new Map((known.value?.bands ?? []).map((one) => [one.slot_id, one])))
  const here = computed(
    () => new Set(kept.value.filter((one) => one.outcome === 'accepted').map((one) => one.appointmentId ?? '')),
  )
  /** Whether this desk can go on by itself. */
  const isReady = computed(() => known.value !== null)

  /** This moment by the server's clock. */
  function now(): number {
    const contact = known.value?.contact
    return Date.now() + (contact ? contact.server - contact.device : 0)
  }

  async function use(day: KeptDay | null): Promise<void> {
    known.value = day
    check = day?.day.keys[0] ? await findCheck(day.day.keys[0].public_key) : null
    canCheck.value = check !== null
  }

  // ---- taking the day along

  async function look(): Promise<void> {
    const id = deskId.value
    if (!id) return
    if (!token.value) {
      needsSignIn.value = true // the server is asked only by who has signed in
      return
    }
    const before = known.value
    const asked = Date.now()
    const query = before?.deskId === id ? { since: before.version } : {}
    const call = api.GET('/api/v1/desks/{desk_id}/day', {
      params: { path: { desk_id: id }, query },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const told = await answer(call)
    const heard = Date.now()
    const { people: all, bands: allBands } = merged(before ?? { people: [], bands: [] }, told)
    const { people: _, bands: __, desk, version, ...day } = told
    // half of the way there and back lies between the asking and the server's reading of its clock
    const contact = { device: Math.round((asked + heard) / 2), server: Date.parse(told.server_at) }
    const taken: KeptDay = { deskId: id, version, day, desk, people: all, bands: allBands, contact }
    if (deskId.value !== id) return
    await use(taken)
    await keepDay(taken)
    if (me.value) await keepStandIn(me.value, id)
  }

  /** Looks, and sends what waits; says whether the server is there. */
  async function round(): Promise<void> {
    const before = losses
    try {
      await look()
      if (losses !== before) return // its answer came just before the network went
      isOffline.value = needsSignIn.value
      if (!needsSignIn.value) await send()
    } catch (error) {
      if (isAway(error)) isOffline.value = true
      else if (error instanceof Problem) isOffline.value = false // it is there, and says no
      else throw error
    }
  }

  function go(): Promise<void> {
    clearTimeout(timer)
    running ??= round().finally(() => {
      running = null
      if (!isOver) timer = setTimeout(() => void go(), isOffline.value ? AGAIN_MS : FRESH_MS)
    })
    return running
  }

  // ---- sending what was kept

  async function post(batch: Batch): Promise<void> {
    const path = { desk_id: batch.deskId }
    const body = asForm(batch, await deviceId(), Date.now())
    const call = api.POST('/api/v1/desks/{desk_id}/batches', {
      params: { path },
      body,
      signal: AbortSignal.timeout(PATIENCE_MS * 2),
    })
    const { items } = await answer(call)
    await forgetScans(items.map((one) => one.scan_id))
    ears.sent(items)
  }

  async function postOneByOne(batch: Batch): Promise<void> {
    for (const scan of batch.scans) {
      try {
        await post({ ...batch, scans: [scan] })
      } catch (error) {
        // what the server cannot read is shown to the guide once and not sent for ever
        if (!(error instanceof Problem && [404, 413, 422].includes(error.status))) throw error
        await forgetScans([scan.scanId])
        ears.refused(error)
      }
    }
  }

  async function send(): Promise<void> {
    for (const batch of batches(await keptScans())) {
      try {
        await post(batch)
      } catch (error) {
        if (!(error instanceof Problem && [404, 413, 422].includes(error.status))) throw error
        await postOneByOne(batch)
      } finally {
        kept.value = await keptScans()
      }
    }
  }

  // ---- going on without

  async function keep(scanId: string, at: number, verdict: Verdict, code: string | null): Promise<void> {
    const scan = await keepScan({
      scanId,
      deskId: deskId.value!,
      at,
      outcome: verdict.outcome,
      reason: verdict.reason,
      code,
      appointmentId: verdict.person?.id ?? null,
      name: verdict.person?.name ?? null,
      department: verdict.band?.department ?? null,
      contact: known.value!.contact,
    })
    kept.value = [...kept.value, scan]
    const { server, device } = scan.contact
    ears.show({ verdict, scanId, at: at + server - device, canCheck: canCheck.value })
  }

  const all = () => ({ day: known.value!.day, people: people.value, bands: bands.value, here: here.value })

  /** Judges what was scanned, and keeps it. scanId: of a scan whose answer from the server was lost. */
  async function scan(code: string, scanId: string = newId(), at: number = Date.now()): Promise<void> {
    const text = code.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, LONGEST_CODE + 1) || '?'
    const contact = known.value!.contact
    await keep(scanId, at, await judgeCode(all(), text, at + contact.server - contact.device, check), text)
  }

  /** Lets in somebody who was found by name. */
  async function checkIn(appointmentId: string): Promise<void> {
    const at = Date.now()
    const verdict = judgePerson(all(), appointmentId, now())
    await keep(newId(), at, verdict, null)
  }

  function search(text: string): Schemas['ArrivalView'][] {
    const found: Person[] = find(people.value.values(), text)
    return found.map((one) => asArrival(one, bands.value.get(one.slot_id) as Band | undefined, here.value.has(one.id)))
  }

  // ---- beginning and end

  /** Reads what is kept on this machine; a day that is over is of no use. */
  async function recall(): Promise<void> {
    kept.value = await keptScans()
    const id = deskId.value
    const day = id ? await keptDay(id) : null
    if (day && known.value?.deskId !== id && isOfDay(day.day, Date.now() + day.contact.server - day.contact.device)) {
      await use(day)
    }
  }

  function away(): void {
    losses += 1
    isOffline.value = true
  }
  const back = () => void go()
  addEventListener('offline', away)
  addEventListener('online', back)
  watch(deskId, () => void recall().then(go), { immediate: true })
  watch(token, (value) => {
    if (!value) return
    needsSignIn.value = false
    void go()
  })
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
    removeEventListener('offline', away)
    removeEventListener('online', back)
  })

  return reactive({ isOffline, isReady, needsSignIn, canCheck, known, kept, scan, checkIn, search, go })
}

export type Offline = ReturnType<typeof useOffline>
