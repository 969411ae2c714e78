import { modal, settle } from './answers.mjs'
import { devices, isBinary } from './devices.mjs'

/** What our app uses of `wx`. Every call is kept in `window.__wx` as [name, options]. */

const calls = (globalThis.__wx = [])

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'] // no PATCH, as in WeChat

function request(options) {
  const method = options.method || 'GET'
  if (!METHODS.includes(method)) throw new Error(`wx.request knows no ${method}`)
  const query = method === 'GET' && options.data ? new URLSearchParams(options.data).toString() : ''
  const url = query ? `${options.url}${options.url.includes('?') ? '&' : '?'}${query}` : options.url
  const given = isBinary(options.data) ? options.data : JSON.stringify(options.data)
  const body = method === 'GET' || options.data === undefined ? undefined : given
  const stop = new AbortController()
  fetch(url, { method, headers: { 'content-type': 'application/json', ...options.header }, body, signal: stop.signal })
    .then(async (response) => {
      const text = await response.text()
      let data = text
      try {
        data = JSON.parse(text)
      } catch {
        // WeChat, too, gives the text when it is no JSON
      }
      const header = Object.fromEntries(response.headers)
      return { call: options.success, result: { statusCode: response.status, data, header, errMsg: 'request:ok' } }
    })
    .catch((error) => ({ call: options.fail, result: { errMsg: `request:fail ${error.message}` } }))
    .then(({ call, result }) => {
      call?.(result)
      options.complete?.(result)
    })
  return { abort: () => stop.abort(), onHeadersReceived() {}, onChunkReceived() {} }
}

function toast({ title, success }) {
  const note = document.createElement('div')
  note.className = 'wx-toast'
  note.textContent = title
  document.body.appendChild(note)
  setTimeout(() => note.remove(), 1500)
  success?.({})
}

function system() {
  return {
    platform: 'devtools',
    SDKVersion: '3.5.0',
    windowWidth: innerWidth,
    windowHeight: innerHeight,
    screenWidth: innerWidth,
    screenHeight: innerHeight,
    pixelRatio: devicePixelRatio,
    statusBarHeight: 20,
    language: 'zh_CN',
    model: 'browser',
    system: 'Linux',
    brand: 'devtools',
    theme: 'light',
    safeArea: { top: 0, bottom: innerHeight, left: 0, right: innerWidth, width: innerWidth, height: innerHeight },
  }
}

const base = {
  ...devices,
  request,
  showToast: toast,
  showModal: modal,
  showLoading() {},
  hideLoading() {},
  hideToast() {},
  stopPullDownRefresh() {},
  setNavigationBarTitle({ title }) {
    globalThis.__mp.title(title)
  },
  setNavigationBarColor() {},
  setTabBarItem({ index, text }) {
    globalThis.__mp.tab(index, text)
  },
  setTabBarBadge() {},
  removeTabBarBadge() {},
  setKeepScreenOn() {},
  setScreenBrightness() {},
  vibrateLong() {},
  vibrateShort() {},
  pageScrollTo: (options) => settle(options, () => scrollTo(0, options.scrollTop ?? 0)),
  switchTab: (options) => globalThis.__mp.open(options.url, true),
  navigateTo: (options) => globalThis.__mp.open(options.url),
  redirectTo: (options) => globalThis.__mp.open(options.url, true),
  reLaunch: (options) => globalThis.__mp.open(options.url, true),
  navigateBack: () => globalThis.__mp.back(),
  login: (options) => settle(options, async () => ({ code: await globalThis.__login(), errMsg: 'login:ok' })),
  scanCode: (options) => settle(options, async () => ({ result: await globalThis.__scan(), errMsg: 'scanCode:ok' })),
  requestSubscribeMessage: (options) =>
    settle(options, async () => ({ ...(await globalThis.__subscribe(options.tmplIds)), errMsg: 'requestSubscribeMessage:ok' })),
  makePhoneCall: (options) => settle(options, () => ({ errMsg: 'makePhoneCall:ok' })),
  openLocation: (options) => settle(options, () => ({ errMsg: 'openLocation:ok' })),
  setClipboardData: (options) => settle(options, () => ({ errMsg: 'setClipboardData:ok' })),
  preloadAssets: ({ data }) => data.forEach(({ src }) => (new Image().src = src)), // so that a foreign one is seen
  getNetworkType: (options) => settle(options, () => ({ networkType: 'wifi', errMsg: 'getNetworkType:ok' })),
  getSystemInfoSync: system,
  getWindowInfo: system,
  getDeviceInfo: system,
  getAppBaseInfo: system,
  getSystemSetting: () => ({}),
  getAppAuthorizeSetting: () => ({}),
  getMenuButtonBoundingClientRect: () => ({ top: 4, bottom: 36, height: 32, width: 87, left: innerWidth - 97, right: innerWidth - 10 }),
  getLaunchOptionsSync: () => ({ path: globalThis.__mp.first, query: {}, scene: 1001 }),
  getEnterOptionsSync: () => ({ path: globalThis.__mp.first, query: {}, scene: 1001 }),
  getAccountInfoSync: () => ({ miniProgram: { appId: 'touristappid', envVersion: 'develop' } }),
  canIUse: () => true,
  nextTick: (act) => Promise.resolve().then(act),
  getStorageSync(name) {
    const kept = localStorage.getItem(name)
    return kept === null ? '' : JSON.parse(kept)
  },
  setStorageSync: (name, value) => localStorage.setItem(name, JSON.stringify(value)),
  setStorage(options) {
    localStorage.setItem(options.key, JSON.stringify(options.data))
    settle(options, () => ({ errMsg: 'setStorage:ok' }))
  },
  removeStorage(options) {
    localStorage.removeItem(options.key)
    settle(options, () => ({ errMsg: 'removeStorage:ok' }))
  },
  removeStorageSync: (name) => localStorage.removeItem(name),
  getStorageInfoSync: () => ({ keys: Object.keys(localStorage) }),
  createSelectorQuery: () => globalThis.__mp.stack.at(-1).instance.createSelectorQuery(),
}

/** `wx` itself: what is missing here is missing for the app as well, but listeners may always be set. */
export const wx = new Proxy(base, {
  get(target, name) {
    if (name in target) {
      if (typeof target[name] !== 'function') return target[name]
      return (...values) => {
        calls.push([name, values[0]])
        return target[name](...values)
      }
    }
    if (typeof name === 'string' && /^(on|off)[A-Z]/.test(name)) return () => {}
    return undefined
  },
  has: () => true,
})
