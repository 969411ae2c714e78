/** A phone for tests: a storage, and functions that say nothing. */
import { beforeEach, vi } from 'vitest'

const storage = new Map<string, unknown>()

vi.stubGlobal('uni', {
  getStorageSync: (key: string) => storage.get(key) ?? '',
  setStorageSync: (key: string, value: unknown) => storage.set(key, structuredClone(value)),
  removeStorageSync: (key: string) => storage.delete(key),
  getSystemInfoSync: () => ({ language: 'zh_CN' }),
  request: vi.fn(),
  login: vi.fn(),
  showToast: vi.fn(),
  showModal: vi.fn(),
  navigateTo: vi.fn(),
  redirectTo: vi.fn(),
  switchTab: vi.fn(),
  navigateBack: vi.fn(),
  setNavigationBarTitle: vi.fn(),
  stopPullDownRefresh: vi.fn(),
})

beforeEach(() => {
  storage.clear()
  vi.mocked(uni.request).mockReset()
})
