/** Questions and short words over the page. */
import { asProblem } from '../api/client'
import { t } from '../texts'

/** Ask before something is taken away. */
export function ask(content: string, yes: string, no = t('common.cancel')): Promise<boolean> {
  return new Promise((resolve) =>
    uni.showModal({
      content,
      confirmText: yes,
      cancelText: no,
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    }),
  )
}

/** Say that something worked. */
export function tell(title: string): void {
  void uni.showToast({ title, icon: 'none', duration: 2000 })
}

/** Show what went wrong, in the server's words. */
export function tellProblem(thrown: unknown): void {
  uni.showModal({ content: asProblem(thrown).message, showCancel: false, confirmText: t('common.close') })
}
