/** Where a message leads. The server names pages of the app; one that is newer than this app may name a page it lacks. */

const TABS = ['home', 'appointments', 'messages', 'me']
const PAGES = [
  'signin', 'arrive', 'departments', 'times', 'confirm', 'appointment', 'visit', 'family', 'person', 'survey', 'complaints', 'complaint', 'complain', 'strikes', 'stopped',
  'waitlist', 'waiting', 'wait', 'draw', 'draws', 'search', 'faq', 'answer', 'hospital', 'revisit', 's', 'preferences', 'privacy', 'followups', 'followup',
]
/** All pages that a link may name; a test holds the list against `pages.json`. */
export const KNOWN = [...TABS, ...PAGES]

export type Way = { to: 'here' | 'nowhere' | 'unknown' } | { to: 'tab' | 'page'; url: string }

/** Read a link: `pages/appointment/appointment?id=…`. `here`: the messages themselves; `nowhere`: no link. */
export function wayOf(link: string): Way {
  const trimmed = link.trim()
  if (trimmed === '') return { to: 'nowhere' }
  const found = /^\/?pages\/(\w+)\/(\w+)(\?.*)?$/.exec(trimmed)
  const [, folder, name, query = ''] = found ?? []
  if (name === undefined || folder !== name) return { to: 'unknown' }
  const url = `/pages/${name}/${name}`
  if (name === 'messages') return { to: 'here' }
  if (TABS.includes(name)) return { to: 'tab', url }
  return PAGES.includes(name) ? { to: 'page', url: `${url}${query}` } : { to: 'unknown' }
}
