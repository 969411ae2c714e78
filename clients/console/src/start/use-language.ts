/** The language of the start page; the console keeps it under the same name. */
import { computed, ref, watchEffect } from 'vue'
import { say, type Language, type TextKey } from './texts'

const NAME = 'language'

function first(): Language {
  const kept = localStorage.getItem(NAME)
  if (kept === 'zh-CN' || kept === 'en') return kept
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en'
}

const language = ref<Language>(first())
const other = computed<Language>(() => (language.value === 'en' ? 'zh-CN' : 'en'))

watchEffect(() => {
  document.documentElement.lang = language.value
  document.title = say(language.value, 'title')
})

/** Gives the texts in the chosen language, and the switch. */
export function useLanguage() {
  const t = (key: TextKey, values?: Record<string, string>) => say(language.value, key, values)
  function change(): void {
    language.value = other.value
    localStorage.setItem(NAME, language.value)
  }
  return { t, change, other }
}
