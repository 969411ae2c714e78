/** The title of the window, flashing while somebody is called: it is seen in the row of tabs when the page is not. */

const MARK = /^【.*?】/

/** Gives the title with the call before it, or without. */
export function titled(title: string, call: string): string {
  const plain = title.replace(MARK, '')
  return call ? `【${call}】${plain}` : plain
}

const FLASH_MS = 1_000

/** Flashes until `stop`. call: what to say now; empty while there is nothing. */
export function flashTitle(call: () => string): { stop: () => void } {
  let isOn = false
  const flashing = setInterval(() => {
    isOn = !isOn && call() !== ''
    const wanted = titled(document.title, isOn ? call() : '')
    if (wanted !== document.title) document.title = wanted
  }, FLASH_MS)
  return {
    stop() {
      clearInterval(flashing)
      document.title = titled(document.title, '')
    },
  }
}
