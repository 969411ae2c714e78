import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env.HOSPITAL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/console/',
  plugins: [vue()],
  resolve: { alias: { '@': here('./src'), '@design': here('../design'), '@api': here('../api') } },
  build: {
    target: 'es2022',
    manifest: 'manifest.json', // what a desk keeps for a day without the network (public/sw.js)
    // what is small enough becomes part of the CSS; the board must not wait for a font on a bad line
    assetsInlineLimit: 2048,
    rollupOptions: {
      input: { console: here('./index.html'), board: here('./board.html'), start: here('./start.html') },
    },
  },
  server: { host: '127.0.0.1', port: 5174, proxy: { '/api': server } },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'] },
})
