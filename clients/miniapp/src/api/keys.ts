/** Idempotency keys that outlive the page.

A key belongs to one intention: this method, this path, this body. It stays in the phone's storage until the server has
answered for certain, so that a second tap after a lost answer, or after a reload, gets the first result. */

const STORED = 'pending-keys'
const KEPT_MS = 24 * 3_600_000 // the server keeps its records longer

type Pending = Record<string, { key: string; since: number }>

function pending(): Pending {
  const stored: unknown = uni.getStorageSync(STORED)
  if (typeof stored !== 'object' || stored === null) return {}
  const young = Date.now() - KEPT_MS
  return Object.fromEntries(Object.entries(stored as Pending).filter(([, entry]) => entry.since > young))
}

/** JSON with its members in order: the same intention gives the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** A short digest, so that no complaint's text lies in the storage (cyrb53: 53 bits). */
function digest(text: string): string {
  let one = 0xdeadbeef
  let two = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    one = Math.imul(one ^ unit, 2654435761)
    two = Math.imul(two ^ unit, 1597334677)
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909)
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909)
  return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36)
}

/** A random UUID; the mini-program has no `crypto.randomUUID`. */
export function uuid(): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(Math.random() * 16).toString(16))
}

/** Name an intention. */
export function intention(method: string, path: string, body: unknown): string {
  return digest(`${method} ${path} ${canonical(body)}`)
}

/** Give the key of an intention: the one that waits for its answer, or a new one. */
export function keyOf(name: string): string {
  const all = pending()
  const entry = all[name] ?? { key: uuid(), since: Date.now() }
  uni.setStorageSync(STORED, { ...all, [name]: entry })
  return entry.key
}

/** The intention has its answer. */
export function settle(name: string): void {
  const { [name]: _, ...rest } = pending()
  uni.setStorageSync(STORED, rest)
}
