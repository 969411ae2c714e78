/**
 * Lets this machine open the console without the network: a service worker keeps the built files, never an answer of
 * the server. Where the browser has none (plain http), the page works as long as it stays open.
 */
export function keepConsole(): void {
  if (!import.meta.env.PROD || !navigator.serviceWorker) return
  void navigator.serviceWorker
    .register('/console/sw.js', { scope: '/console/' })
    .then(async () => (await navigator.serviceWorker.ready).active?.postMessage('keep'))
    .catch((error: unknown) => {
      // refused by the browser's settings, or the server went away in between: the next opening tries again
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error
    })
}
