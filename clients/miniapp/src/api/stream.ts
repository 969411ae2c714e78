/** A stream of the server: it says what is new, so that the page need not ask.

In a browser it is read with `fetch`, as an EventSource sends no token. The mini-program's own requests give no stream
that its simulators know too: there the page goes on asking, soon when the turn is near. */
import { ref, type Ref } from 'vue'
import { token } from './client'

const SILENCE_MS = 12_000 // the server is heard every 5 seconds as long as all is well
const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000]

export interface Stream {
  /** The server tells by itself. */
  isLive: Ref<boolean>
  /** When it was last heard. */
  heard: Ref<number>
  /** Listen to a path; again is no second stream. */
  open: (path: string) => void
  close: () => void
}

/** Cut frames out of what came: those that are whole, and the rest. */
export function framesOf(text: string): { events: { kind: string; data: string }[]; rest: string } {
  const parts = text.split('\n\n')
  const rest = parts.pop() ?? ''
  const events = parts.flatMap((part) => {
    const lines = part.split('\n')
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    const data = field('data')
    return data === undefined ? [] : [{ kind: field('event') ?? 'message', data }]
  })
  return { events, rest }
}

/** Listen to a stream; `hear` gets the data of every event. `rises` is called whenever it stands again. */
export function useStream(hear: (data: unknown) => void, rises: () => void = () => undefined): Stream {
  const isLive = ref(false)
  const heard = ref(Date.now())
  let wanted = ''
  let current: AbortController | null = null

  function close(): void {
    wanted = ''
    current?.abort()
    current = null
    isLive.value = false
  }

  function open(path: string): void {
    // #ifdef H5
    if (wanted === path) return
    close()
    wanted = path
    void listen(path)
    // #endif
  }

  // #ifdef H5
  async function listen(path: string): Promise<void> {
    for (let tries = 0; wanted === path; tries++) {
      try {
        const isRefused = !(await once(path))
        if (isRefused) return close() // signed out, or not there: asking says it better
        tries = isLive.value ? 0 : tries
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof DOMException)) throw error // not the network: a bug
      }
      if (wanted === path) isLive.value = false
      await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]))
    }
  }

  /** Read until the stream ends; false when the server will not give it. */
  async function once(path: string): Promise<boolean> {
    const mine = (current = new AbortController())
    let silence = setTimeout(() => mine.abort(), SILENCE_MS)
    try {
      const url = `${import.meta.env.VITE_API_BASE ?? ''}${path}`
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token()}` }
      const response = await fetch(url, { headers, signal: mine.signal, cache: 'no-store' })
      if (response.status >= 400 && response.status < 500) return false
      if (!response.ok || !response.body) return true
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let text = ''; ; ) {
        const { done, value } = await reader.read()
        if (done || wanted !== path) return true
        clearTimeout(silence)
        silence = setTimeout(() => mine.abort(), SILENCE_MS)
        if (!isLive.value) rises()
        isLive.value = true
        heard.value = Date.now()
        const found = framesOf(text + value)
        text = found.rest
        found.events.forEach((event) => hear(JSON.parse(event.data)))
      }
    } finally {
      clearTimeout(silence)
    }
  }
  // #endif

  return { isLive, heard, open, close }
}
