/** The two languages of this board, for its parts: the large one and the small one. */
import { inject, provide, type InjectionKey } from 'vue'
import { other, say, type Language, type TextKey } from './texts'

type Values = Record<string, string | number>

interface Said {
  language: Language
  /** In the large language. */
  large(key: TextKey, values?: Values): string
  /** In the small language. */
  small(key: TextKey, values?: Values): string
  smallLanguage: Language
}

const KEY: InjectionKey<Said> = Symbol('said')

/** Reads `?lang=en` and gives the texts to all parts of the page. */
export function provideSaid(): Said {
  const language: Language = new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'zh-CN'
  document.documentElement.lang = language
  const said: Said = {
    language,
    smallLanguage: other(language),
    large: (key, values) => say(language, key, values),
    small: (key, values) => say(other(language), key, values),
  }
  provide(KEY, said)
  return said
}

/** Gives the texts of the page around this part. */
export function useSaid(): Said {
  const said = inject(KEY)
  if (!said) throw new Error('no page says anything around this part')
  return said
}
