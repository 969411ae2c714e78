/**
 * Scans on their way to the server, in order. Each has its id from the moment of the scan and keeps it until it is
 * answered, over a reload too: the server answers the same id always the same, so that a lost answer harms nobody.
 * They end with the tab, as the sign-in does; the codes in them are good for a minute, or a day on paper, and name nobody.
 */

export interface Unsent {
  scan_id: string
  code: string
  desk_id: string
  scanned_at: string
}

/** How a try ended: answered for good, or open; then after a while again. */
export type Sent = 'answered' | 'open'

const NAME = 'desk-scans'
const WAITS_MS = [400, 800, 1_500, 3_000, 5_000]

export function kept(): Unsent[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? '[]')
    return Array.isArray(found) ? found : []
  } catch {
    return []
  }
}

export class Outbox {
  private waiting: Unsent[] = kept()
  private running = false
  private stopped = false
  private wake: () => void = () => undefined

  /**
   * send: tries one scan, and shows its answer when there is one.
   * tell: hears of every change: how many wait, and whether the last try stayed open.
   */
  constructor(
    private readonly send: (scan: Unsent) => Promise<Sent>,
    private readonly tell: (waiting: number, isStuck: boolean) => void,
  ) {}

  add(scan: Unsent): void {
    this.waiting.push(scan)
    this.keep(false)
    void this.run()
  }

  /** Sends what waits, also from before a reload; tries at once when it was waiting for the next try. */
  async run(): Promise<void> {
    this.wake()
    if (this.running) return
    this.running = true
    let tries = 0
    while (this.waiting.length > 0 && !this.stopped) {
      const first = this.waiting[0]!
      if ((await this.send(first)) === 'answered') {
        tries = 0
        this.waiting = this.waiting.filter((one) => one !== first)
        this.keep(false)
      } else if (!this.stopped) {
        this.tell(this.waiting.length, true)
        await this.pause(WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]!)
      }
    }
    this.running = false
  }

  stop(): void {
    this.stopped = true
    this.wake()
  }

  private keep(isStuck: boolean): void {
    sessionStorage.setItem(NAME, JSON.stringify(this.waiting))
    this.tell(this.waiting.length, isStuck)
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
