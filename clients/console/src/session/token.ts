/** The bearer token of this tab: it survives a reload and ends with the tab, as desks are shared. */
import { ref } from 'vue'

const NAME = 'token'

export const token = ref(sessionStorage.getItem(NAME) ?? '')

export function keep(value: string): void {
  token.value = value
  sessionStorage.setItem(NAME, value)
}

export function forget(): void {
  token.value = ''
  sessionStorage.removeItem(NAME)
}
