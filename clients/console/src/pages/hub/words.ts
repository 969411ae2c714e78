/** Words for what the hub names by codes; a code that has none yet is shown as it is. */
import { i18n, say } from '@/texts'
import type { Message } from './states'

const has = i18n.global.te as unknown as (key: string) => boolean

export function wordOf(kind: 'event' | 'channel' | 'reason' | 'outcome' | 'class', code: string): string {
  const key = `hub.${kind}.${code}`
  return has(key) ? say(key) : code
}

export function recipientOf(recipient: Message['recipient']): string {
  if (recipient.id === null) return say('hub.group')
  return say(recipient.kind === 'account' ? 'hub.account' : 'hub.staff', { name: recipient.shown })
}
