/**
 * Keys of creating calls. A key is kept until a definite answer came, so that a second press after a lost answer, or
 * after a reload, is the same call for the server and gives the first result again.
 */

const PREFIX = 'once:'

/** A short mark of a text; two different forms meeting in one mark is as likely as 1 in 2^53. Source: cyrb53's idea. */
export function mark(text: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36)
}

/** A random id; `crypto.randomUUID` is missing where the page came over plain http. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Gives the key of this call: the kept one when its outcome is still unknown. */
export function keyFor(method: string, path: string, body: string): string {
  const name = PREFIX + mark(`${method} ${path} ${body}`)
  const kept = sessionStorage.getItem(name)
  if (kept) return kept
  const key = newId()
  sessionStorage.setItem(name, key)
  return key
}

/** Forgets the key: the call is over, the next one like it is a new wish. */
export function settle(method: string, path: string, body: string): void {
  sessionStorage.removeItem(PREFIX + mark(`${method} ${path} ${body}`))
}
