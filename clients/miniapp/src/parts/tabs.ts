/** The tab bar's words. The bar can be named only while it is on the screen. */
import { t, type TextKey } from '../texts'

const TABS: Record<string, TextKey> = {
  'pages/home/home': 'common.tabHome',
  'pages/appointments/appointments': 'common.tabAppointments',
  'pages/messages/messages': 'common.tabMessages',
  'pages/me/me': 'common.tabMe',
}

/** Name the tabs in the language in use; nothing where the page shown has none. */
export function nameTabs(route: string): void {
  if (!(route in TABS)) return
  Object.values(TABS).forEach((key, index) => uni.setTabBarItem({ index, text: t(key), fail: () => undefined }))
}
