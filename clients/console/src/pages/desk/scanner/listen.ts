/** Hears a USB scanner wherever the focus is, and takes what it typed out of the field again. */
import { onScopeDispose } from 'vue'
import { Burst, SILENCE_MS, type Scan } from './burst'
import { typed } from './keys'

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** How a field was before a key. */
interface Before {
  field: Field
  value: string
  from: number | null
  to: number | null
}

const LATE_ENTER_MS = 400

function fieldOf(target: EventTarget | null): Field | null {
  const isField =
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  return isField ? target : null
}

function look(target: EventTarget | null): Before | null {
  const field = fieldOf(target)
  if (!field) return null
  const range = field instanceof HTMLSelectElement ? null : field
  return { field, value: field.value, from: range?.selectionStart ?? null, to: range?.selectionEnd ?? null }
}

function putBack(before: Before): void {
  const { field } = before
  if (field.value !== before.value) {
    field.value = before.value
    field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? 'change' : 'input', { bubbles: true }))
  }
  if (!(field instanceof HTMLSelectElement) && before.from !== null) field.setSelectionRange(before.from, before.to)
}

export interface Scanner {
  /** Whether the key just pressed is part of a burst and so no shortcut. */
  isBusy(): boolean
  stop(): void
}

/** Listens until `stop`. One for a page: two would both take the same keys. */
export function listenForScanner(hear: (code: string) => void): Scanner {
  const burst = new Burst()
  let befores: (Before | null)[] = []
  let isComposing = false
  let silence: ReturnType<typeof setTimeout> | undefined
  let heardWithoutEnter = -Infinity

  /** The earliest look at each field that the burst typed into. */
  function spoilt(from: number): Before[] {
    const first = new Map<Field, Before>()
    for (const before of befores.slice(from)) if (before && !first.has(before.field)) first.set(before.field, before)
    return [...first.values()]
  }

  function end(scan: Scan): void {
    const toMend = spoilt(scan.from)
    befores = []
    const mend = () => toMend.forEach(putBack)
    if (isComposing && document.activeElement instanceof HTMLElement) {
      // the input method still holds the letters: leaving the field makes it let go, and then they can be taken out
      const field = document.activeElement
      field.blur()
      setTimeout(() => {
        mend()
        field.focus()
      })
    } else mend()
    hear(scan.code)
  }

  function onSilence(): void {
    const scan = burst.silence()
    if (!scan) return
    heardWithoutEnter = performance.now()
    end(scan)
  }

  function onKey(event: KeyboardEvent): void {
    const text = typed(event)
    if (text === null) return
    if (text === 'Enter' && event.timeStamp - heardWithoutEnter < LATE_ENTER_MS) {
      event.preventDefault()
      event.stopImmediatePropagation()
      return
    }
    isComposing = event.isComposing || event.key === 'Process'
    const before = look(event.target)
    const scan = burst.press({ text, at: event.timeStamp })
    if (burst.length === 1) befores = []
    if (text !== 'Enter') befores.push(before)
    clearTimeout(silence)
    if (!scan) {
      silence = setTimeout(onSilence, SILENCE_MS)
      return
    }
    event.preventDefault()
    event.stopImmediatePropagation() // no form is sent and no button pressed by the scanner's Enter
    end(scan)
  }

  addEventListener('keydown', onKey, { capture: true })
  return {
    isBusy: () => burst.isFast,
    stop() {
      clearTimeout(silence)
      removeEventListener('keydown', onKey, { capture: true })
    },
  }
}

/** Listens for as long as the component that asked lives. */
export function useScanner(hear: (code: string) => void): Scanner {
  const scanner = listenForScanner(hear)
  onScopeDispose(scanner.stop)
  return scanner
}
