/** The messages of the account, and how many of them nobody has read. */
import { ref, watch } from 'vue'
import { asProblem, get, once, type Schema } from '../api/client'
import { useStream } from '../api/stream'
import { account, isSignedIn } from '../people/session'

export type Message = Schema<'MessageView'>

const PAGE = 20
const LOOK_EVERY_MS = 60_000
const TAB = 2
const MOST_SHOWN = 99

/** How many are unread, over all pages. */
export const unread = ref(0)

/** Read a page, the newest first; every page tells how many are unread. */
export async function messages(cursor?: string) {
  const page = await get('/api/v1/messages', { query: { limit: PAGE, cursor } })
  unread.value = page.unread
  return page
}

/** Mark a message as read. */
export async function markRead(message: Message): Promise<Message> {
  if (message.read_at) return message
  const read = await once('/api/v1/messages/{message_id}/reading', undefined, { path: { message_id: message.id } })
  unread.value = Math.max(0, unread.value - 1)
  return read
}

/** Put the number on the tab. It fails harmlessly on a page without a tab bar; the next look puts it there. */
export function showUnread(): void {
  const quiet = { index: TAB, fail: () => undefined }
  if (unread.value === 0) uni.removeTabBarBadge(quiet)
  else uni.setTabBarBadge({ ...quiet, text: unread.value > MOST_SHOWN ? `${MOST_SHOWN}+` : String(unread.value) })
}

async function look(): Promise<void> {
  if (!isSignedIn()) {
    unread.value = 0
    return showUnread()
  }
  try {
    unread.value = (await get('/api/v1/messages', { query: { limit: 1 } })).unread
    showUnread()
  } catch (thrown) {
    asProblem(thrown) // a number that is a minute old is no trouble; a bug of ours goes on
  }
}

let timer: ReturnType<typeof setInterval> | undefined
// what came while there was no stream is looked for when it stands; where there are no streams the timer looks
const news = useStream(() => void look(), () => void look())

function listen(): void {
  if (isSignedIn()) news.open('/api/v1/messages/events')
  else news.close()
}

/** The app is before somebody's eyes: look now, at every word of the server, and every minute. */
export function watchInbox(): void {
  restInbox()
  timer = setInterval(() => void look(), LOOK_EVERY_MS)
  void look()
  listen()
}

export function restInbox(): void {
  clearInterval(timer)
  timer = undefined
  news.close()
}

watch(unread, showUnread)
watch(account, () => {
  if (timer === undefined) return
  void look()
  news.close() // it was another account's
  listen()
})
