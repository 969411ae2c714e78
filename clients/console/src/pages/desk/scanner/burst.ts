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

const CLOSE_MS = 35 // of any code: faster than fingers over a whole code
const NEAR_MS = 100 // of our code: wireless scanners are slow, and nobody types `H1.` and 115 more by hand
/** Once a code of ours has begun, gaps of a scanner that stutters, or of a machine that does, break nothing. */
const STUTTER_MS = 600
const SHORTEST = 8
const OURS_BEGUN = /(?:H1|D1)\.[A-Za-z0-9_.-]{4,}$/
const OURS = /(?:H1|D1)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+$/
/** The patient's code has one length: 21 and 64 bytes in base64url. It needs no Enter to be known as whole. */
const OURS_WHOLE = /H1\.[A-Za-z0-9_-]{28}\.[A-Za-z0-9_-]{86}$/

/** How long after the last key a whole code of ours counts although no Enter came. */
export const SILENCE_MS = 150

export class Burst {
  private keys: Key[] = []

  /** Takes a key. Gives the scan that it ended, if it is the Enter of one. */
  press(key: Key): Scan | null {
    const last = this.keys.at(-1)
    if (last) {
      const patience = OURS_BEGUN.test(this.text) ? STUTTER_MS : NEAR_MS
      if (key.at - last.at > patience) this.keys = []
    }
    if (key.text !== 'Enter') {
      this.keys.push(key)
      return null
    }
    const scan = this.read()
    this.keys = []
    return scan
  }

  /**
   * Called when nothing came for `SILENCE_MS`: gives a whole code of ours whose Enter is missing. Anything else is
   * kept: on a busy page the call may come between two keys of a burst, and their times tell better.
   */
  silence(): Scan | null {
    if (!OURS_WHOLE.test(this.text)) return null
    const scan = this.read()
    this.keys = []
    return scan
  }

  /** Whether the last key came at a scanner's pace: then it is no shortcut. */
  get isFast(): boolean {
    return this.keys.length > 1 && this.isCloseAfter(this.keys.length - 1)
  }

  /** How many keys near each other it keeps. */
  get length(): number {
    return this.keys.length
  }

  private get text(): string {
    return this.keys.map((key) => key.text).join('')
  }

  private read(): Scan | null {
    const ours = OURS.exec(this.text)
    if (ours) return { code: ours[0], from: ours.index }
    // no code of ours: only the close keys at the end count, what was typed before stays where it is
    let start = this.keys.length
    while (start > 0 && this.isCloseAfter(start)) start--
    if (this.keys.length - start < SHORTEST) return null
    return { code: this.text.slice(start), from: start }
  }

  private isCloseAfter(index: number): boolean {
    const key = this.keys[index]
    return key === undefined || key.at - this.keys[index - 1]!.at <= CLOSE_MS
  }
}
