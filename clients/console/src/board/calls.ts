/** Which calls are new to this board, and which one is shown large. Pure. */
import type { components } from '@api/schema'

export type Board = components['schemas']['WallView']
export type Call = components['schemas']['WallCall']

/** A call older than this was made while we were away: it stays on the screen, but is not spoken any more. */
export const SPOKEN_WITHIN_MS = 3 * 60_000

/** Names a call: a recall of the same number is a new one, and so is being asked to the door. */
export function keyOf(call: Call): string {
  return `${call.state === 'ready' ? 'door ' : ''}${call.number}#${call.call_count}`
}

/** Gives who is asked in and not yet in the room, the newest first, as the server sends them. */
export function beingCalled(board: Board): Call[] {
  return board.called.filter((call) => call.state === 'called')
}

/** Tells whether a call still stands: one that was taken back is not spoken. */
export function holds(board: Board, key: string): boolean {
  return [...beingCalled(board), ...board.ready].some((call) => keyOf(call) === key)
}

/**
 * Gives the calls that this board has not spoken yet, in the order in which they were made; then who is asked to a door.
 *
 * isFirst: the first board since the page was opened. Who stands at a door then was asked while we were away.
 */
export function newCalls(board: Board, spoken: ReadonlySet<string>, isFirst = false): Call[] {
  const at = Date.parse(board.at)
  const calls = beingCalled(board)
    .filter((call) => call.called_at !== null && at - Date.parse(call.called_at) < SPOKEN_WITHIN_MS)
    .reverse()
  return [...calls, ...(isFirst ? [] : board.ready)].filter((call) => !spoken.has(keyOf(call)))
}

/** Gives the call that is shown large: the one that is being spoken, otherwise the newest. */
export function largeCall(board: Board, speaking: string | null): Call | null {
  const calls = beingCalled(board)
  return calls.find((call) => keyOf(call) === speaking) ?? calls[0] ?? null
}

/** Gives the other calls, who stands at a door, and who is in a room, for the list beneath. */
export function otherCalls(board: Board, large: Call | null): Call[] {
  const isLarge = (call: Call) => large !== null && keyOf(call) === keyOf(large)
  const [called, inside] = [board.called.filter((call) => call.state === 'called'), board.called.filter((call) => call.state !== 'called')]
  return [...called.filter((call) => !isLarge(call)), ...board.ready, ...inside]
}

/** Gives the calls of before that stand nowhere else on the board: somebody may look for them. */
export function pastCalls(board: Board): Board['last_calls'] {
  const shown = new Set([...board.called, ...board.ready].map((call) => call.number))
  return board.last_calls.filter((call) => !shown.has(call.number)).slice(0, 3)
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
