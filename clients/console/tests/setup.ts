/** What the browser gives and the test environment does not. */
import { beforeEach } from 'vitest'

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
})
