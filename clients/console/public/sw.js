/*
 * Keeps the built files of the console on a desk's machine, so that it opens without the network. Only what the build
 * made and everybody may read: no answer of the API ever comes in here.
 *
 * What is kept is whole: the files of a build come first, its page last, and only then those of the build before go. A
 * page that is asked for comes from the server; the kept one is for when the server is away.
 */
const CACHE = 'console'
const BASE = '/console/'
const PAGE = BASE + 'index.html'
const LIST = BASE + 'manifest.json'
const DESK = 'src/pages/desk/DeskPage.vue'
const PATIENCE_MS = 4000

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('message', (event) => event.data === 'keep' && event.waitUntil(keep()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin || !pathname.startsWith(BASE)) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (pathname.startsWith(BASE + 'assets/') || pathname === BASE + 'icon.svg') event.respondWith(file(request))
})

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (answer.status < 500) return answer
    return (await caches.match(PAGE)) ?? answer
  } catch (error) {
    const kept = await caches.match(PAGE)
    if (kept) return kept
    throw error
  }
}

/** The names of assets say what is in them: one that is kept is the right one. */
async function file(request) {
  return (await caches.match(request)) ?? fetch(request)
}

let keeping = null

function keep() {
  keeping ??= keepBuild().finally(() => (keeping = null))
  return keeping
}

async function keepBuild() {
  const [list, page] = await Promise.all([fetch(LIST, { cache: 'no-cache' }), fetch(PAGE, { cache: 'no-cache' })])
  if (!list.ok || !page.ok) return
  const manifest = await list.json()
  const files = ofDesk(manifest)
  const text = await page.clone().text()
  if (!text.includes(manifest['index.html'].file)) return // a new build came between the two; the next opening keeps it
  const cache = await caches.open(CACHE)
  const wanted = [...files].map((name) => BASE + name)
  const have = new Set((await cache.keys()).map((request) => new URL(request.url).pathname))
  for (const name of wanted) if (!have.has(name)) await cache.add(name)
  await cache.put(PAGE, page)
  const keeps = new Set([...wanted, PAGE])
  for (const request of await cache.keys()) {
    if (!keeps.has(new URL(request.url).pathname)) await cache.delete(request)
  }
}

/** All that the console's page and the desk load, at once or when it is wanted. */
function ofDesk(manifest) {
  const files = new Set(['icon.svg'])
  const seen = new Set()
  const take = (name, isLazyToo) => {
    const entry = manifest[name]
    if (!entry || seen.has(name + isLazyToo)) return
    seen.add(name + isLazyToo)
    for (const one of [entry.file, ...(entry.css ?? []), ...(entry.assets ?? [])]) files.add(one)
    for (const one of entry.imports ?? []) take(one, false)
    if (isLazyToo) for (const one of entry.dynamicImports ?? []) take(one, false)
  }
  take('index.html', false)
  take(DESK, true)
  take('src/pages/sign-in/SignInPage.vue', false)
  return files
}
