/** Runs the package: WeChat's component engine, the built-in components, the stack of pages and the tab bar. */
import * as adapter from 'glass-easel-miniprogram-adapter'
import { app, appStyle, builtInTemplates, modules, settings, styles, templates } from 'mini-program'
import { baseStyle } from './style.mjs'
import { wx } from './wx.mjs'

const engine = adapter.glassEasel
const errors = []
const stack = []
const tabs = new Map()
const theApp = {}

engine.globalOptions.useMethodCallerListeners = true
engine.globalOptions.propertyPassingDeepCopy = engine.globalOptions.dataDeepCopy = engine.DeepCopyKind.Simple
// the app's framework looks for `detail` on the event itself, the engine keeps it on the prototype
const wrapped = engine.Event.prototype.wrapShadowedEvent
engine.Event.prototype.wrapShadowedEvent = function (...values) {
  const event = wrapped.apply(this, values)
  if (!Object.hasOwn(event, 'detail')) {
    Object.defineProperty(event, 'detail', { value: this.detail, writable: true, enumerable: true, configurable: true })
  }
  return event
}
engine.addGlobalErrorListener?.((error) => {
  errors.push(String(error?.stack ?? error))
  console.error(error)
  return false
})

const environment = new adapter.MiniProgramEnv()

// ---- components that WeChat brings; plain tags such as view and button need none
const globalCode = environment.getGlobalCodeSpace()
const builtIns = []

function builtIn(name, definition) {
  const path = `built-in/${name}`
  globalCode.addComponentStaticConfig(path, { component: true })
  globalCode.addCompiledTemplate(path, {
    groupList: builtInTemplates,
    content: builtInTemplates[path] ?? builtInTemplates['built-in/slot'],
  })
  globalCode.componentEnv(path, ({ Component }) => Component(definition))
  builtIns.push(name)
}

builtIn('picker', {
  properties: {
    mode: { type: String, value: 'selector' },
    range: { type: Array, value: [] },
    rangeKey: String,
    value: null,
    start: String,
    end: String,
    disabled: Boolean,
    header: String,
  },
  methods: {
    open() {
      const { mode, range, rangeKey, value, start, end, disabled } = this.data
      if (disabled) return
      const sheet = Object.assign(document.createElement('div'), { className: 'wx-picker' })
      const isDate = mode === 'date'
      const input = isDate
        ? Object.assign(document.createElement('input'), { type: 'date', min: start, max: end, value: value || '' })
        : document.createElement('select')
      if (!isDate) {
        range.forEach((row, index) => input.add(new Option(rangeKey ? row[rangeKey] : row, String(index))))
        input.value = String(value ?? 0)
      }
      const done = Object.assign(document.createElement('button'), { textContent: '确定', className: 'wx-picker-ok' })
      done.onclick = () => {
        sheet.remove()
        this.triggerEvent('change', { value: input.value }, {})
      }
      sheet.append(input, done)
      document.body.appendChild(sheet)
    },
  },
})
builtIn('image', {
  properties: { src: String, mode: { type: String, value: 'scaleToFill' }, lazyLoad: Boolean, role: String, ariaLabel: String },
})
builtIn('scroll-view', {
  properties: {
    scrollY: Boolean,
    scrollX: Boolean,
    scrollTop: null,
    scrollLeft: null,
    scrollIntoView: String,
    scrollWithAnimation: Boolean,
    refresherEnabled: Boolean,
  },
})
builtIn('page-meta', { properties: { pageStyle: String, rootFontSize: String } })
builtIn('swiper', { properties: { current: Number, indicatorDots: Boolean } })
builtIn('swiper-item', { properties: { itemId: String } })
builtIn('progress', { properties: { percent: Number } })
builtIn('switch', {
  properties: { checked: Boolean, disabled: Boolean, color: String },
})

// ---- the package's own code
const code = environment.createCodeSpace('', true)
for (const name of builtIns) {
  code.getComponentSpace().setGlobalUsingComponent(
    name,
    globalCode.getComponentSpace().getComponentByUrl(`built-in/${name}`, ''),
  )
}
code.addStyleSheet('app', 'app')

const loaded = new Map()
let defining = {} // what Page, Component and Behavior mean for the module that is being loaded

function resolve(from, wanted) {
  const start = wanted.startsWith('/') ? [] : from.split('/').slice(0, -1)
  const parts = []
  for (const part of [...start, ...wanted.split('/')]) {
    if (part === '..') parts.pop()
    else if (part && part !== '.') parts.push(part)
  }
  const path = parts.join('/')
  const found = [path, `${path}.js`, `${path}/index.js`].find((name) => name in modules)
  if (!found) throw new Error(`no module ${wanted} for ${from}`)
  return found
}

function load(name) {
  if (loaded.has(name)) return loaded.get(name).exports
  const module = { exports: {} }
  loaded.set(name, module)
  const before = defining
  modules[name].call(
    globalThis,
    module,
    module.exports,
    (wanted) => load(resolve(name, wanted)),
    (definition) => Object.assign(theApp, definition),
    (...values) => defining.Page(...values),
    (definition, ...rest) => defining.Component(unobserved(definition), ...rest),
    (...values) => defining.Behavior(...values),
    () => theApp,
    () => stack.map((page) => page.instance),
    wx,
  )
  defining = before
  return module.exports
}

/** Keeps Vue from observing the engine's own objects, which would never end; says `ready`, which the engine leaves to its host. */
function unobserved(definition) {
  if (!definition) return definition
  const lifetimes = definition.lifetimes ?? {}
  const { created = definition.created, attached, ready, detached } = lifetimes
  definition.lifetimes = {
    ...lifetimes,
    created() {
      Object.defineProperty(this, '__v_skip', { value: true, configurable: true })
      return created?.call(this)
    },
    attached() {
      const result = attached?.call(this)
      const timer = setTimeout(() => ready?.call(this))
      Object.defineProperty(this, '__ready', { value: timer, configurable: true })
      return result
    },
    detached() {
      clearTimeout(this.__ready)
      return detached?.call(this)
    },
  }
  return definition
}

// ---- events: native widgets speak DOM, the package hears mini-program events
function nodeOf(target) {
  let at = target
  while (at && !at.__wxElement) at = at.parentNode
  return at?.__wxElement
}

addEventListener(
  'input',
  (event) => {
    const { target } = event
    if (!/^(INPUT|TEXTAREA)$/.test(target.tagName) || target.closest('.wx-picker')) return
    event.stopPropagation()
    for (const listener of Object.values(target._$wxArgs?.modelListeners ?? {})) listener?.(target.value)
    const node = nodeOf(target)
    const detail = { value: target.value, cursor: target.selectionStart }
    if (node) engine.Event.triggerEvent(node, 'input', detail, { bubbles: true })
  },
  true,
)
for (const kind of ['focus', 'blur']) {
  addEventListener(
    kind,
    ({ target }) => {
      const node = /^(INPUT|TEXTAREA)$/.test(target.tagName ?? '') && nodeOf(target)
      if (node) engine.Event.triggerEvent(node, kind, { value: target.value }, {})
    },
    true,
  )
}

// ---- styles and components
const backend = new engine.CurrentWindowBackendContext()
backend.onEvent((target, type, detail, options) => {
  const event = new engine.Event(type, detail, options)
  engine.Event.dispatchEvent(target, event)
  return event.defaultPrevented() ? engine.EventBubbleStatus.NoDefault : engine.EventBubbleStatus.Normal
})
const associated = environment.associateBackend(backend)
associated.registerStyleSheetContent('app', '')

function addStyle(text) {
  const sheet = document.createElement('style')
  sheet.textContent = text.replace(/(^|[},])\s*page\b/g, '$1 body')
  document.head.appendChild(sheet)
}

const hosts = new Set(Object.values(settings).flatMap((setting) => Object.keys(setting.usingComponents ?? {})))

addStyle(baseStyle)
// a host is an inline box around blocks: what is tapped is the block, but a browser names the host first
if (hosts.size > 0) addStyle(`page-root, ${[...hosts].join(', ')} { pointer-events: none }`)
addStyle(appStyle)
Object.values(styles).forEach(addStyle)
for (const [name, setting] of Object.entries(settings)) {
  code.addComponentStaticConfig(name, { ...setting, component: !!setting.component, styleIsolation: 'shared' })
  code.addCompiledTemplate(name, { groupList: templates, content: templates[name], fallbackListenerOnNativeNode: true })
}

// ---- pages
const title = Object.assign(document.createElement('div'), { className: 'wx-title' })
const host = document.createElement('div')
document.body.append(title, host)

/** Shows or hides a page; each keeps the place to which it was scrolled. */
function turn(page, isShown) {
  if (!isShown) page.top = scrollY
  page.element.style.display = isShown ? '' : 'none'
  if (!isShown) return page.instance.onHide?.()
  scrollTo(0, page.top ?? 0)
  title.textContent = settings[page.path].navigationBarTitleText || app.window?.navigationBarTitleText || ''
  page.component.triggerPageLifetime?.('show', [])
  return page.instance.onShow?.()
}

function discard(page) {
  page.instance.onUnload?.()
  page.root.release()
  page.element.remove()
}

/** Opens a page by its address; a page of the tab bar is kept, another one is made anew. */
function open(url, replaces = false) {
  const [path, query] = url.replace(/^\//, '').split('?')
  const top = stack.at(-1)
  if (top) turn(top, false)
  const isTab = app.tabBar?.list.some((tab) => tab.pagePath === path) ?? false
  if (isTab && tabs.has(path)) {
    stack.splice(0).filter((page) => !tabs.has(page.path)).forEach(discard)
    stack.push(tabs.get(path))
    turn(tabs.get(path), true)
    return mark()
  }
  if (replaces && top && !tabs.has(top.path)) discard(stack.pop())
  if (isTab) stack.length = 0
  const element = Object.assign(document.createElement('div'), { className: 'wx-page' })
  element.dataset.path = path
  const holder = document.createElement('span')
  element.appendChild(holder)
  host.appendChild(element)
  const root = associated.createRoot('page-root', code, path)
  const instance = root.get()
  const given = Object.fromEntries(new URLSearchParams(query ?? ''))
  Object.assign(instance, { route: path, is: instance.is || path, options: given })
  const page = { path, root, component: root.getComponent(), instance, element }
  stack.push(page)
  if (isTab) tabs.set(path, page)
  root.attach(element, holder)
  instance.onLoad?.(given)
  turn(page, true)
  setTimeout(() => instance.onReady?.())
  return mark()
}

function back() {
  if (stack.length < 2) return
  discard(stack.pop())
  turn(stack.at(-1), true)
  mark()
}

// ---- the tab bar
const bar = Object.assign(document.createElement('nav'), { className: 'wx-tabs' })

function mark() {
  const path = stack.at(-1)?.path
  for (const tab of bar.children) tab.classList.toggle('chosen', tab.dataset.path === path)
  bar.style.display = tabs.has(path) ? '' : 'none'
}

for (const tab of app.tabBar?.list ?? []) {
  const entry = document.createElement('button')
  entry.dataset.path = tab.pagePath
  entry.append(Object.assign(document.createElement('img'), { src: tab.iconPath, alt: '' }))
  entry.append(Object.assign(document.createElement('span'), { textContent: tab.text }))
  entry.onclick = () => open(`/${tab.pagePath}`, true)
  bar.appendChild(entry)
}
document.body.appendChild(bar)

globalThis.__mp = {
  open,
  back,
  stack,
  errors,
  first: app.pages[0],
  title: (text) => (title.textContent = text),
  tab: (index, text) => (bar.children[index].lastChild.textContent = text),
}

try {
  if ('app.js' in modules) load('app.js')
  for (const name of Object.keys(settings)) {
    code.componentEnv(name, (scope) => {
      defining = scope
      if (`${name}.js` in modules) load(`${name}.js`)
    })
  }
  const launch = { path: app.pages[0], query: {}, scene: 1001 }
  theApp.onLaunch?.(launch)
  theApp.onShow?.(launch)
  open(`/${app.pages[0]}`)
  globalThis.__ready = true
} catch (error) {
  errors.push(error.stack)
  throw error
}
