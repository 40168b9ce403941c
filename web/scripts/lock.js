// Takes the addresses that npm writes for funding out of the lock, which names packages, versions and hashes only.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(path, 'utf8'))
for (const one of Object.values(lock.packages)) {
  delete one.funding
  delete one.resolved
}
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
