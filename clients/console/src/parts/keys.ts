/** Keys that do what buttons do. No single letters: an input method or a screen reader may want those. */
import { onScopeDispose } from 'vue'

const WRITING = 'input, textarea, select, [contenteditable="true"]'
const ANSWERS_TO_SPACE = `${WRITING}, button, a, summary, [role="button"], [role="radio"], [role="option"]`

const ALSO_WHILE_WRITING = /^((Shift\+)?F\d+|Ctrl\+Enter)$/

/** Says a key as buttons show it: `F8`, `Shift+F9`, `Space`, `Ctrl+Z`. */
export function nameOf(event: KeyboardEvent): string {
  const key = event.code === 'Space' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key
  const held = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', event.shiftKey ? 'Shift' : '']
  return [...held.filter(Boolean), key].join('+')
}

/**
 * Lets keys act for as long as the component that asked lives.
 *
 * deed: gives what a key does now; null where it does nothing, and the browser has it.
 */
export function useKeys(deed: (name: string) => (() => void) | null): void {
  function press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return
    const at = event.target instanceof Element ? event.target : null
    const name = nameOf(event)
    if (name === 'Space' && at?.closest(ANSWERS_TO_SPACE)) return
    if (!ALSO_WHILE_WRITING.test(name) && at?.closest(WRITING)) return
    const act = deed(name)
    if (!act) return
    event.preventDefault()
    if (!event.repeat) act() // a key that is held down is one wish
  }

  addEventListener('keydown', press)
  onScopeDispose(() => removeEventListener('keydown', press))
}
