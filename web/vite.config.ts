import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The server that `npm run dev` hands API calls to. */
const server = process.env.TOLLWAY_DEV_SERVER ?? 'http://127.0.0.1:8080'
const api = ['/console', '/v1', '/v2', '/api', '/models', '/model', '/admin', '/docs-json', '/openapi.json', '/health']

/** KaTeX names each font in three formats; every browser that runs this app reads the first. */
const oneFontFormat: Plugin = {
  name: 'one-font-format',
  enforce: 'pre',
  transform: (code, id) => (/katex(\.min)?\.css/.test(id) ? code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, '') : null),
}

export default defineConfig({
  base: '/app/',
  plugins: [oneFontFormat, react(), tailwindcss()],
  resolve: { alias: { '@': here('./src'), '@docs': here('../docs') } },
  build: {
    outDir: process.env.TOLLWAY_WEB_OUT ?? here('../src/tollway/http/service/web_app'),
    emptyOutDir: true,
    // Nothing is inlined, so that the content policy needs no exception for data: addresses of scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // `npm run sizes` reads which chunks an entry and each page load.
    manifest: true,
  },
  server: {
    fs: { allow: [here('..')] },
    // The server takes changes from its own origin only, so the proxy speaks for it.
    proxy: Object.fromEntries(
      api.map((path) => [path, { target: server, changeOrigin: true, headers: { origin: server } }]),
    ),
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/shared/testing/setup.ts'],
    restoreMocks: true,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
