/** The tab bar's words and its number. The bar can be written on only while it is on the screen. */
import { showUnread } from '../inbox/inbox'
import { t, type TextKey } from '../texts'

const TABS: Record<string, TextKey> = {
  'pages/home/home': 'common.tabHome',
  'pages/appointments/appointments': 'common.tabAppointments',
  'pages/messages/messages': 'common.tabMessages',
  'pages/me/me': 'common.tabMe',
}

/** Name the tabs in the language in use, with what is unread; nothing where the page shown has none. */
export function nameTabs(route: string): void {
  if (!(route in TABS)) return
  Object.values(TABS).forEach((key, index) => uni.setTabBarItem({ index, text: t(key), fail: () => undefined }))
  showUnread()
}
