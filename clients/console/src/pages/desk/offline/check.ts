/** Checks signatures (Ed25519) where the browser can: not over plain http, and not in old browsers. */
import { fromBase64Url, type Check } from './judge'

const keys = new Map<string, Promise<CryptoKey>>()

function keyOf(publicKey: string): Promise<CryptoKey> {
  const known = keys.get(publicKey)
  if (known) return known
  const raw = fromBase64Url(publicKey) ?? new Uint8Array()
  const made = crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify'])
  keys.set(publicKey, made)
  return made
}

export const check: Check = async (text, signature, publicKey) => {
  const key = await keyOf(publicKey)
  return crypto.subtle.verify({ name: 'Ed25519' }, key, new Uint8Array(signature), new TextEncoder().encode(text))
}

/** Gives the check, or null when this browser has none; tries it with the day's own key. */
export async function findCheck(publicKey: string): Promise<Check | null> {
  if (!globalThis.crypto?.subtle) return null
  try {
    await keyOf(publicKey)
    return check
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error
    keys.delete(publicKey)
    return null
  }
}
