/**
 * Makes a page of a mini-program package.
 *
 * usage: node build.mjs <package> <target>   → <target>/index.html, bundle.js and the package's pictures
 */
import * as esbuild from 'esbuild'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler')
const here = path.dirname(fileURLToPath(import.meta.url))
const [, , from, to] = process.argv
if (!from || !to) throw new Error('usage: node build.mjs <package> <target>')

const source = path.resolve(from)
const files = fs
  .readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(source, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
const read = (name) => fs.readFileSync(path.join(source, name), 'utf8')
const ending = (suffix) => files.filter((name) => name.endsWith(suffix))

/** A style sheet with what it imports, in pixels: 750rpx are the width of the screen. */
function style(name, seen = new Set()) {
  if (seen.has(name) || !files.includes(name)) return ''
  seen.add(name)
  const text = read(name)
  const imported = [...text.matchAll(/@import\s+["']([^"']+)["'];?/g)].map(([, target]) =>
    style(target.startsWith('/') ? target.slice(1) : path.posix.join(path.posix.dirname(name), target), seen),
  )
  const own = text
    .replace(/@import\s+["'][^"']+["'];?/g, '')
    .replace(/(-?[\d.]+)rpx/g, (_, amount) => `calc(${amount} * 100vw / 750)`)
  return imported.join('') + own
}

/** All templates of the package, and those of the components that WeChat itself brings. */
function templates() {
  const group = new TmplGroup()
  const problems = []
  for (const name of ending('.wxs')) group.addScript(name.slice(0, -4), read(name))
  for (const name of ending('.wxml')) problems.push(...(group.addTmpl(name.slice(0, -5), read(name)) ?? []))
  if (problems.length > 0) {
    throw new Error(problems.map((found) => `${found.path}:${found.startLine} ${found.message}`).join('\n'))
  }
  const builtIn = new TmplGroup()
  builtIn.addTmpl('built-in/picker', '<view bind:tap="open"><slot /></view>')
  builtIn.addTmpl('built-in/slot', '<slot />')
  builtIn.addTmpl(
    'built-in/image',
    '<img src="{{src}}" alt="{{ariaLabel}}" style="width:100%;height:100%;object-fit:{{mode === \'aspectFit\' ? \'contain\' : mode === \'aspectFill\' ? \'cover\' : \'fill\'}}" />',
  )
  return { own: group.getTmplGenObjectGroups(), builtIn: builtIn.getTmplGenObjectGroups() }
}

const app = JSON.parse(read('app.json'))
const components = ending('.json')
  .filter((name) => files.includes(name.replace(/json$/, 'wxml')))
  .map((name) => name.slice(0, -5))
const settings = Object.fromEntries(
  components.map((name) => {
    const own = JSON.parse(read(`${name}.json`))
    return [name, { ...own, usingComponents: { ...app.usingComponents, ...own.usingComponents } }]
  }),
)
const styles = Object.fromEntries(components.map((name) => [name, style(`${name}.wxss`)]))
const scope = 'module, exports, require, App, Page, Component, Behavior, getApp, getCurrentPages, wx'
const modules = ending('.js').map((name) => `${JSON.stringify(name)}: function (${scope}) {${read(name)}\n}`)
const compiled = templates()

fs.rmSync(to, { recursive: true, force: true })
fs.mkdirSync(to, { recursive: true })
await esbuild.build({
  stdin: {
    contents: 'import "./runtime.mjs"',
    resolveDir: here,
  },
  plugins: [
    {
      name: 'the package',
      setup(build) {
        build.onResolve({ filter: /^mini-program$/ }, () => ({ path: 'mini-program', namespace: 'package' }))
        build.onLoad({ filter: /.*/, namespace: 'package' }, () => ({
          contents: [
            `export const app = ${JSON.stringify(app)}`,
            `export const settings = ${JSON.stringify(settings)}`,
            `export const styles = ${JSON.stringify(styles)}`,
            `export const appStyle = ${JSON.stringify(style('app.wxss'))}`,
            `export const templates = ${compiled.own}`,
            `export const builtInTemplates = ${compiled.builtIn}`,
            `export const modules = {${modules.join(',\n')}}`,
          ].join('\n'),
          resolveDir: here,
        }))
      },
    },
  ],
  bundle: true,
  outfile: path.join(to, 'bundle.js'),
  format: 'iife',
  banner: { js: 'globalThis.global = globalThis;' }, // the engine looks for it while it loads
  charset: 'utf8',
  logLevel: 'error',
  supported: { 'import-meta': true },
})
for (const name of files.filter((name) => /\.(png|jpg|gif|svg)$/.test(name))) {
  fs.mkdirSync(path.join(to, path.dirname(name)), { recursive: true })
  fs.copyFileSync(path.join(source, name), path.join(to, name))
}
fs.writeFileSync(
  path.join(to, 'index.html'),
  '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">' +
    '<title>mini-program</title><body style="margin:0"><script src="bundle.js"></script></body></html>\n',
)
process.stdout.write(`${components.length} components, ${modules.length} modules\n`)
