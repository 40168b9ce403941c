// Fails when the compressed script that a first page loads is over its budget. Run after a build.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 250 * 1024
const built = process.env.TOLLWAY_WEB_OUT ?? fileURLToPath(new URL('../../src/tollway/http/service/web_app', import.meta.url))
const manifest = JSON.parse(readFileSync(`${built}/.vite/manifest.json`, 'utf8'))

/** The chunk and everything that it imports at once. */
function closure(key, found = new Set()) {
  if (!found.has(key)) {
    found.add(key)
    for (const next of manifest[key].imports ?? []) closure(next, found)
  }
  return found
}

/** What the page's own chunks load later by themselves, such as a chart; what the entry may load is other pages. */
function later(own) {
  return new Set([...own].flatMap((key) => manifest[key].dynamicImports ?? []).flatMap((key) => [...closure(key)]))
}

function compressed(keys) {
  return [...keys].reduce((sum, key) => sum + gzipSync(readFileSync(`${built}/${manifest[key].file}`)).length, 0)
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const pages = Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry && /Page\.tsx$/.test(key))
const first = ['src/features/session/SignInPage.tsx', 'src/features/home/HomePage.tsx']
let isOver = false
for (const page of pages.sort()) {
  const always = closure(entry)
  const atOnce = new Set([...always, ...closure(page)])
  const whole = new Set([...atOnce, ...later([...atOnce].filter((key) => !always.has(key)))])
  const bytes = compressed(whole)
  const lazyBytes = bytes - compressed(atOnce)
  const isBudgeted = first.includes(page)
  isOver ||= isBudgeted && bytes > BUDGET_BYTES
  const notes = [lazyBytes > 0 && `${(lazyBytes / 1024).toFixed(1)} KB of it later`, isBudgeted && `at most ${BUDGET_BYTES / 1024} KB`].filter(Boolean)
  process.stdout.write(`${(bytes / 1024).toFixed(1).padStart(7)} KB  ${page}${notes.length > 0 ? `  (${notes.join(', ')})` : ''}\n`)
}
for (const page of first) {
  if (!pages.includes(page)) {
    process.stderr.write(`There is no page ${page}, whose size has a limit.\n`)
    isOver = true
  }
}
process.exit(isOver ? 1 : 0)
