/** Which calls are new to this board, and which one is shown large. Pure. */
import type { components } from '@api/schema'

export type Board = components['schemas']['BoardView']
export type Call = components['schemas']['BoardCall']

/** A call older than this was made while we were away: it stays on the screen, but is not spoken any more. */
export const SPOKEN_WITHIN_MS = 3 * 60_000

/** Names a call: a recall of the same number is a new one. */
export function keyOf(call: Call): string {
  return `${call.number}#${call.call_count}`
}

/** Gives who is asked in and not yet in the room, the newest first, as the server sends them. */
export function beingCalled(board: Board): Call[] {
  return board.called.filter((call) => call.state === 'called')
}

/** Gives the calls that this board has not spoken yet, in the order in which they were made. */
export function newCalls(board: Board, spoken: ReadonlySet<string>): Call[] {
  const at = Date.parse(board.at)
  return beingCalled(board)
    .filter((call) => !spoken.has(keyOf(call)))
    .filter((call) => call.called_at !== null && at - Date.parse(call.called_at) < SPOKEN_WITHIN_MS)
    .reverse()
}

/** Gives the call that is shown large: the one that is being spoken, otherwise the newest. */
export function largeCall(board: Board, speaking: string | null): Call | null {
  const calls = beingCalled(board)
  return calls.find((call) => keyOf(call) === speaking) ?? calls[0] ?? null
}

/** Gives the other calls, and who is in a room, for the list beneath. */
export function otherCalls(board: Board, large: Call | null): Call[] {
  return board.called.filter((call) => large === null || keyOf(call) !== keyOf(large))
}

const KEPT = 'board-spoken'

/** What this board has spoken on a day, over a reload: {department and day, numbers}. */
export class Spoken {
  readonly keys = new Set<string>()
  private day = ''

  constructor(private readonly department: string) {}

  /** Begins the day of a board; what was spoken on another day is forgotten. */
  begin(day: string): void {
    if (day === this.day) return
    this.day = day
    this.keys.clear()
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as { of: string; keys: string[] } | null
    if (kept?.of === this.name) kept.keys.forEach((key) => this.keys.add(key))
  }

  /** Remembers that these were spoken. */
  add(calls: Call[]): void {
    calls.forEach((call) => this.keys.add(keyOf(call)))
    localStorage.setItem(KEPT, JSON.stringify({ of: this.name, keys: [...this.keys] }))
  }

  private get name(): string {
    return `${this.department} ${this.day}`
  }
}
