import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'

// uni's own preprocessor for  // #ifdef H5 … // #endif ; UNI_PLATFORM=mp-weixin tests the other branches
const { preJs, preHtml, initPreContext } = createRequire(import.meta.url)('@dcloudio/uni-cli-shared')
initPreContext(process.env.UNI_PLATFORM ?? 'h5')

const here = import.meta.dirname
const uniTags = ['view', 'text', 'image', 'picker', 'scroll-view', 'swiper', 'swiper-item', 'navigator', 'block']

export default defineConfig({
  plugins: [
    {
      name: 'uni-ifdef',
      enforce: 'pre',
      transform(code: string, id: string) {
        if (!id.includes('/src/') || !code.includes('#ifdef')) return
        return { code: id.endsWith('.vue') ? preJs(preHtml(code)) : preJs(code), map: null }
      },
    },
    vue({ template: { compilerOptions: { isCustomElement: (tag) => uniTags.includes(tag) || tag.startsWith('wd-') } } }),
  ],
  resolve: { alias: { '@': resolve(here, 'src'), '@dcloudio/uni-app': resolve(here, 'tests/uni-app.stub.ts') } },
  test: { environment: 'happy-dom', setupFiles: ['tests/setup.ts'], include: ['tests/**/*.test.ts'] },
})
