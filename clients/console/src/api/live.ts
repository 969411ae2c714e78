/** Streams of the server (SSE) with the token in a header, which the browser's own EventSource cannot send. */
import { createParser } from 'eventsource-parser'
import { onScopeDispose, ref, type Ref } from 'vue'
import { token } from '@/session/token'

export interface LiveEvent {
  kind: string
  data: any
}

interface Ears {
  /** Something happened. */
  hear(event: LiveEvent): void
  /** We may have missed something: ask for everything again. */
  restart(): void
}

const SILENCE_MS = 12_000 // the server sends a heartbeat every 5 s, as long as it sees the database
const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000]

/** How a stream stands. heard: when the server was last heard, as `Date.now()` gives it; what is shown is as old. */
export interface Live {
  isLive: Ref<boolean>
  heard: Ref<number>
}

/**
 * Follows a stream until `stop` is called; comes back by itself where it was cut off.
 *
 * Returns: `isLive`, false while there is no connection, `heard`, and `stop`.
 */
export function follow(path: string, ears: Ears): Live & { stop: () => void } {
  const isLive = ref(false)
  const heard = ref(Date.now())
  let last = ''
  let stopped = false
  let current = new AbortController()

  async function listenOnce(): Promise<void> {
    current = new AbortController()
    let silence = setTimeout(() => current.abort(), SILENCE_MS)
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream', Authorization: `Bearer ${token.value}` }
      if (last) headers['Last-Event-ID'] = last
      const response = await fetch(path, { headers, signal: current.signal, cache: 'no-store' })
      if (response.status === 401 || response.status === 403) stopped = true
      if (!response.ok || !response.body) return
      const cameBack = !isLive.value
      isLive.value = true
      if (cameBack && !last) ears.restart() // what happened before the stream stood is in no event
      const parser = createParser({
        onEvent(event) {
          if (event.id) last = event.id
          if (event.event === 'reset') ears.restart()
          else ears.hear({ kind: event.event ?? 'message', data: event.data ? JSON.parse(event.data) : {} })
        },
      })
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        clearTimeout(silence)
        silence = setTimeout(() => current.abort(), SILENCE_MS)
        heard.value = Date.now()
        parser.feed(value)
      }
    } finally {
      clearTimeout(silence)
    }
  }

  async function listen(): Promise<void> {
    for (let tries = 0; !stopped; tries++) {
      try {
        await listenOnce()
        if (isLive.value) tries = 0
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof DOMException)) throw error // not the network: a bug
      }
      isLive.value = false
      if (!stopped) await pause(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]!)
    }
  }

  function stop(): void {
    stopped = true
    current.abort()
  }

  void listen()
  return { isLive, heard, stop }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const early = () => {
      clearTimeout(timer)
      removeEventListener('online', early)
      resolve()
    }
    const timer = setTimeout(early, milliseconds)
    addEventListener('online', early)
  })
}

/** Follows a stream for as long as the component that asked lives. */
export function useLive(path: string, ears: Ears): Live {
  const { isLive, heard, stop } = follow(path, ears)
  onScopeDispose(stop)
  return { isLive, heard }
}

/** Follows a stream in the same way, for who needs to know only whether it stands. */
export function useStream(path: string, ears: Ears): Ref<boolean> {
  return useLive(path, ears).isLive
}
