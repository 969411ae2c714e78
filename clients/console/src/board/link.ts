/** The board's link to the server. It comes back by itself from whatever happens to the network or the server. */
import { onScopeDispose, reactive, ref, shallowRef } from 'vue'
import type { Board } from './calls'
import type { LinkTimes } from './freshness'

const DEAD_MS = 12_000 // a link that is silent for so long is dead, though nobody closed it
const WAITS_MS = [500, 1_000, 2_000, 3_000]
const UNKNOWN_MS = 30_000 // a department that is not there may be opened later

/** Gives where the server tells the board: of a department, or of a zone, `?departments=` with several ids. */
export function addressesOf(department: string, search: string): { board: string; events: string } {
  const zone = new URLSearchParams(search).get('departments')
  const query = zone ? `?departments=${encodeURIComponent(zone)}` : ''
  const base = zone ? '/api/v1/boards' : `/api/v1/queues/${department}/board`
  return { board: base + query, events: `${base}/events${query}` }
}

/** Follows the board of a department for as long as the component lives. */
export function useBoardLink(department: string) {
  const address = addressesOf(department, location.search)
  const board = shallowRef<Board | null>(null)
  const isUnknown = ref(false)
  /** The server's clock minus ours: a screen's own clock is often wrong. */
  const ahead = ref(0)
  const times = reactive<LinkTimes>({ confirmed: null, brokenSince: null })
  let source: EventSource | null = null
  let tries = 0
  let opened = 0
  let again: ReturnType<typeof setTimeout> | undefined

  function confirm(at: string): void {
    ahead.value = Date.parse(at) - Date.now()
    times.confirmed = performance.now()
    isUnknown.value = false
  }

  function show(found: Board): void {
    board.value = found
    confirm(found.at)
  }

  function open(): void {
    clearTimeout(again)
    source?.close()
    opened = performance.now()
    source = new EventSource(address.events)
    source.addEventListener('board', (event) => {
      stands()
      show(JSON.parse(event.data))
    })
    source.addEventListener('beat', (event) => {
      stands()
      confirm(JSON.parse(event.data).at)
    })
    source.addEventListener('error', broke)
  }

  function stands(): void {
    tries = 0
    times.brokenSince = null
  }

  function broke(): void {
    times.brokenSince ??= performance.now()
    // the browser tries again by itself unless it got an answer that is no stream: 503, 404, a proxy's page
    if (source?.readyState === EventSource.CLOSED) void startOver()
  }

  /** Asks once for the board itself, which says more than a stream that does not open, and opens the stream later. */
  async function startOver(): Promise<void> {
    source?.close()
    source = null
    clearTimeout(again)
    again = setTimeout(open, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)])
    try {
      const answer = await fetch(address.board, { cache: 'no-store' })
      if (answer.ok) return show(await answer.json())
      if (answer.status !== 404 && answer.status !== 422) return
      isUnknown.value = true
      clearTimeout(again)
      again = setTimeout(open, UNKNOWN_MS)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error // no network: the stream tries on
    }
  }

  function guard(): void {
    const last = Math.max(opened, times.confirmed ?? 0)
    if (source && performance.now() - last > DEAD_MS) {
      times.brokenSince ??= performance.now()
      void startOver()
    }
  }

  open()
  const guarding = setInterval(guard, 1_000)
  addEventListener('online', open)
  onScopeDispose(() => {
    clearInterval(guarding)
    clearTimeout(again)
    removeEventListener('online', open)
    source?.close()
  })
  return { board, isUnknown, ahead, times }
}
