/** The languages of this board, for its parts: the large one and the small one. They may change places by themselves. */
import { computed, inject, onScopeDispose, provide, reactive, ref, watch, type InjectionKey, type Ref } from 'vue'
import type { Board } from './calls'
import { languageOf, other, say, type Language, type TextKey } from './texts'

type Values = Record<string, string | number>

export interface Said {
  language: Language
  /** In the large language. */
  large(key: TextKey, values?: Values): string
  /** In the small language; empty when the board has one only. */
  small(key: TextKey, values?: Values): string
  smallLanguage: Language
  /** Picks the large language of what the server says in several. */
  largeOf(texts: Record<string, string>): string
  smallOf(texts: Record<string, string>): string
}

const KEY: InjectionKey<Said> = Symbol('said')
const TURN_MS = 12_000

/** Gives the two languages of a board: `?lang=` names the large one, otherwise the department decides. */
export function languagesOf(asked: string | null, board: Board | null): [Language, Language | null] {
  const decided = (board?.settings.languages ?? ['zh-CN', 'en']).map(languageOf)
  if (!asked) return [decided[0] ?? 'zh-CN', decided[1] ?? null]
  const large = languageOf(asked)
  return [large, decided.find((one) => one !== large) ?? other(large)]
}

/** Gives the texts to all parts of the page. */
export function provideSaid(board: Ref<Board | null>): Said {
  const asked = new URLSearchParams(location.search).get('lang')
  const isTurned = ref(false)
  const pair = computed(() => languagesOf(asked, board.value))
  const alternates = computed(() => board.value?.settings.alternates === true && pair.value[1] !== null)
  const language = computed(() => (isTurned.value && alternates.value ? pair.value[1]! : pair.value[0]))
  const small = computed(() => (isTurned.value && alternates.value ? pair.value[0] : pair.value[1]))
  const turning = setInterval(() => (isTurned.value = !isTurned.value), TURN_MS)
  onScopeDispose(() => clearInterval(turning))

  const said = reactive({
    language,
    smallLanguage: computed(() => small.value ?? other(language.value)),
    large: (key: TextKey, values?: Values) => say(language.value, key, values),
    small: (key: TextKey, values?: Values) => (small.value ? say(small.value, key, values) : ''),
    largeOf: (texts: Record<string, string>) => pick(texts, language.value),
    smallOf: (texts: Record<string, string>) => {
      const found = small.value ? (texts[small.value] ?? '') : ''
      return found === pick(texts, language.value) ? '' : found
    },
  })
  watch(language, (now) => (document.documentElement.lang = now), { immediate: true })
  provide(KEY, said)
  return said
}

/** Gives a text in a language; in Simplified Chinese, which is always there, where it was not written. */
export function pick(texts: Record<string, string>, language: Language): string {
  return texts[language] ?? texts['zh-CN'] ?? ''
}

/** Gives the texts of the page around this part. */
export function useSaid(): Said {
  const said = inject(KEY)
  if (!said) throw new Error('no page says anything around this part')
  return said
}
