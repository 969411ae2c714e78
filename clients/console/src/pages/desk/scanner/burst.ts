/**
 * Tells a scanner's burst of keys from a person's typing. Pure: keys with their times come in, codes go out.
 *
 * A USB scanner is a keyboard: some milliseconds from key to key, Enter at the end. People are slower, but two keys
 * that roll over each other can be as close as a scanner's; so it takes many close keys, or the form of our own code.
 * What cannot be told apart: somebody who types between the keys of a burst. Their keys become part of the code, the
 * server refuses it, and one scans again.
 */

export interface Key {
  /** One printable character, or `Enter`. Keys that type nothing (Shift) are not told. */
  text: string
  /** When the key went down, in milliseconds: the event's own time, so that a busy page makes no key look slow. */
  at: number
}

export interface Scan {
  code: string
  /** Number of its first key among those that were near each other, from 0. */
  from: number
}

const CLOSE_MS = 50 // of any code: faster than fingers over a whole code
const NEAR_MS = 100 // of what begins like our code: wireless scanners are slow
const STUTTER_MS = 600 // of a whole code of ours: nobody types one by hand, so a scanner or a machine may stutter
const SHORTEST = 8
const OURS = /(?:H2|P2|D2)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+$/
/** The patient's code, on the phone or on paper, has one length: 21 and 64 bytes. It needs no Enter to be whole. */
const OURS_WHOLE = /[HP]2\.[A-Za-z0-9_-]{28}\.[A-Za-z0-9_-]{86}$/

/** How long after the last key a whole code of ours counts although no Enter came. */
export const SILENCE_MS = 150

export class Burst {
  private keys: Key[] = []

  /** Takes a key. Gives the scan that it ended, if it is the Enter of one. */
  press(key: Key): Scan | null {
    const last = this.keys.at(-1)
    if (last && key.at - last.at > STUTTER_MS) this.keys = []
    if (key.text !== 'Enter') {
      this.keys.push(key)
      return null
    }
    const scan = this.read(key.at)
    this.keys = []
    return scan
  }

  /**
   * Called when nothing came for `SILENCE_MS`: gives a whole code of ours whose Enter is missing. Anything else is
   * kept: on a busy page the call may come between two keys of a burst, and their times tell better.
   */
  silence(): Scan | null {
    const scan = this.match(OURS_WHOLE, 0)
    if (scan) this.keys = []
    return scan
  }

  /** Whether the last key came at a scanner's pace: then it is no shortcut. */
  get isFast(): boolean {
    const [before, last] = this.keys.slice(-2)
    return before !== undefined && last !== undefined && last.at - before.at <= CLOSE_MS
  }

  /** How many keys near each other it keeps. */
  get length(): number {
    return this.keys.length
  }

  private get text(): string {
    return this.keys.map((key) => key.text).join('')
  }

  /** at: when Enter went down. */
  private read(at: number): Scan | null {
    const whole = this.match(OURS_WHOLE, 0)
    if (whole) return whole
    const ours = this.match(OURS, this.tail(NEAR_MS, at))
    if (ours) return ours
    // no code of ours: only the close keys at the end count, what was typed before stays where it is
    const from = this.tail(CLOSE_MS, at)
    return this.keys.length - from < SHORTEST ? null : { code: this.text.slice(from), from }
  }

  private match(form: RegExp, from: number): Scan | null {
    const found = form.exec(this.text.slice(from))
    return found && { code: found[0], from: from + found.index }
  }

  /** Index of the first of the last keys that are no further apart than `gap`; Enter may be as late as near keys are. */
  private tail(gap: number, enterAt: number): number {
    let from = this.keys.length
    if (from === 0 || enterAt - this.keys[from - 1]!.at > NEAR_MS) return from
    for (from--; from > 0 && this.keys[from]!.at - this.keys[from - 1]!.at <= gap; ) from--
    return from
  }
}
