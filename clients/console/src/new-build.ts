/**
 * A console that has been open since yesterday asks for parts that a new build has taken away: it is opened anew where
 * the person wanted to go. Without the network it stays as it is.
 */
import type { Router } from 'vue-router'

const OPENED_ANEW = 'opened-anew-at'
const ONCE_MS = 60_000 // a part that is still missing then is not missing for want of a new page
const MISSING = /dynamically imported module|module script|preload CSS/i // in the words of the three engines

export function followNewBuilds(router: Router): void {
  router.onError((error: unknown, to) => {
    const isMissing = error instanceof Error && MISSING.test(error.message)
    const last = Number(sessionStorage.getItem(OPENED_ANEW) ?? 0)
    if (!isMissing || !navigator.onLine || Date.now() - last < ONCE_MS) return
    sessionStorage.setItem(OPENED_ANEW, String(Date.now()))
    location.assign(router.resolve(to.fullPath).href)
  })
}
