/** Words for what the hub names by codes; a code that has none yet is shown as it is. */
import { i18n, say } from '@/texts'
import type { Message } from './states'

const has = i18n.global.te as unknown as (key: string) => boolean

export function wordOf(kind: 'event' | 'channel' | 'outcome' | 'class', code: string): string {
  const key = `hub.${kind}.${code}`
  return has(key) ? say(key) : code
}

/** Gives «Visits · version 3» of the server's `visit:3`; 0 is what the product came with. */
export function routeWords(name: string): string {
  const [route = '', version] = name.split(':')
  const key = `routing.name.${route}`
  const words = has(key) ? say(key) : route
  if (!version) return words
  return `${words} · ${version === '0' ? say('routing.shipped') : say('routing.version', { n: version })}`
}

export function recipientOf(recipient: Message['recipient']): string {
  if (recipient.id === null) return say('hub.group')
  return say(recipient.kind === 'account' ? 'hub.account' : 'hub.staff', { name: recipient.shown })
}
