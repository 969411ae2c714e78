/** What somebody is writing: it is there again after a reload, a lost connection or a look at something else. */
import { ref, watch, type Ref } from 'vue'
import { me } from '@/session'

/** Each person has drafts of their own: desks are shared. */
function placeOf(name: string): string {
  return `draft:${me.value?.id ?? ''}:${name}`
}

/** A text that is kept in this tab under a name until it is emptied. A new name brings that one's text. */
export function useDraft(name: () => string, otherwise = ''): Ref<string> {
  const text = ref(kept(name(), otherwise))
  watch(name, (now) => (text.value = kept(now, otherwise)), { flush: 'sync' })
  watch(text, (now) => keep(name(), now, otherwise), { flush: 'sync' })
  return text
}

function kept(name: string, otherwise: string): string {
  return sessionStorage.getItem(placeOf(name)) ?? otherwise
}

function keep(name: string, text: string, otherwise: string): void {
  if (text === otherwise) sessionStorage.removeItem(placeOf(name))
  else sessionStorage.setItem(placeOf(name), text)
}
