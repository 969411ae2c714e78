import { defineConfig, loadEnv, type Plugin } from 'vite'
import uniPlugin from '@dcloudio/vite-plugin-uni'

// the package is CommonJS: Node gives the module object, bundlers give the function
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin

/** No foreign hosts at run time: the framework's decorative pictures go. */
function selfContained(): Plugin {
  return {
    name: 'self-contained',
    transform(code, id) {
      if (!/\.(css|scss|vue)(\?|$)/.test(id)) return
      const out = code.replace(/url\(['"]?https:\/\/cdn\.dcloud\.net\.cn\/[^)]*\)/g, 'none')
      return out === code ? undefined : { code: out, map: null }
    },
  }
}

/** The framework draws the tab bar with bare boxes and pictures: make it buttons that a keyboard and a voice can reach.

The picture inside of an `<image>` is silent: what it shows is said by the `<image>` itself. */
function reachableTabs(): Plugin {
  const button = `"role": "button", "tabindex": 0,
    "onKeydown": (event) => event.key === "Enter" && event.currentTarget.click(),`
  const changes = [
    ['"class": "uni-tabbar__item",\n    "onClick"', `"class": "uni-tabbar__item", ${button}\n    "onClick"`],
    ['"src": getRealPath(iconPath)\n  }, null, 8', '"alt": "", "src": getRealPath(iconPath)\n  }, null, 8'],
    ['img.draggable = props2.draggable;', 'img.draggable = props2.draggable; img.alt = "";'],
  ] as const
  return {
    name: 'reachable-tabs',
    transform(code, id) {
      if (!/uni-h5\.es\.js(\?|$)/.test(id)) return
      for (const [from, to] of changes) {
        if (!code.includes(from)) this.error(`uni-h5 has changed: ${from}`)
        code = code.replace(from, to)
      }
      return { code, map: null }
    },
  }
}

/** The framework's mini-program start loads a picture from its maker's host, which tells it the app's id: not from ours. */
function noBeacon(): Plugin {
  return {
    name: 'no-beacon',
    transform(code, id) {
      if (!/uni\.mp\.esm\.js(\?|$)/.test(id)) return
      const out = code.replace(/^ *preloadAsset\(\);$/m, '')
      if (out === code) this.error('the start of uni-mp-weixin has changed: preloadAsset()')
      return { code: out, map: null }
    },
  }
}

export default defineConfig(({ mode }) => {
  const env = { ...loadEnv(mode, process.cwd(), 'VITE_'), ...process.env }
  return {
    base: env.VITE_BASE || '/',
    plugins: [uni(), selfContained(), reachableTabs(), noBeacon()],
    css: { preprocessorOptions: { scss: { quietDeps: true } } },
    server: { host: '127.0.0.1', port: 5173, proxy: { '/api': env.API_SERVER || 'http://127.0.0.1:8000' } },
    preview: { host: '127.0.0.1', port: 4173, proxy: { '/api': env.API_SERVER || 'http://127.0.0.1:8000' } },
  }
})
