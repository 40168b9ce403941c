/** The pages of the repository's `docs/`, each loaded when it is read. */
const FILES = Object.fromEntries(
  Object.entries(import.meta.glob<string>('@docs/*.md', { query: '?raw', import: 'default' })).map(([path, load]) => [
    path.replace(/^.*\/|\.md$/g, ''),
    load,
  ]),
)
const INDEX = 'README'
/** The address that stands in every sample; this server's takes its place. */
const PLACEHOLDER = 'http://127.0.0.1:8080'
const ITS_EXPLANATION = /(\S+)`; put that of your server in its place\./

export interface DocsEntry {
  name: string
  title: string
}

export interface DocsSection {
  title: string
  entries: DocsEntry[]
}

/** All pages in reading order, by section, as `docs/README.md` lists them. */
export async function loadIndex(): Promise<DocsSection[]> {
  return readIndex((await FILES[INDEX]?.()) ?? '')
}

export function readIndex(text: string): DocsSection[] {
  const sections: DocsSection[] = []
  for (const line of text.split('\n')) {
    const heading = /^## (.+)$/.exec(line)
    if (heading?.[1]) sections.push({ title: heading[1], entries: [] })
    const link = /^- \[(.+)\]\(([a-z0-9-]+)\.md\)/.exec(line)
    if (link?.[1] && link[2]) sections.at(-1)?.entries.push({ name: link[2], title: link[1] })
  }
  return sections
}

/** The text of a page with this server's address, or null where there is no such page. */
export async function loadPage(name: string): Promise<string | null> {
  const load = name === INDEX || !Object.hasOwn(FILES, name) ? undefined : FILES[name]
  return load ? forThisServer(await load(), location.origin) : null
}

export function forThisServer(text: string, origin: string): string {
  return text
    .replace(/<!--[\s\S]*?-->\n*/g, '')
    .replace(ITS_EXPLANATION, '$1`, which is this server.')
    .replaceAll(PLACEHOLDER, origin)
}

/** A link to another file of the documentation leads to its page. */
export function resolveDocsLink(address: string): string {
  const found = /^(?:\.\/)?([A-Za-z0-9-]+)\.md(#.*)?$/.exec(address)
  if (!found?.[1]) return address
  return found[1] === INDEX ? '/app/docs' : `/app/docs/${found[1]}${found[2] ?? ''}`
}

/** What stands before and after a page in reading order. */
export function neighbours(sections: DocsSection[], name: string): { previous: DocsEntry | undefined; next: DocsEntry | undefined } {
  const all = sections.flatMap((section) => section.entries)
  const at = all.findIndex((entry) => entry.name === name)
  return at < 0 ? { previous: undefined, next: undefined } : { previous: all[at - 1], next: all[at + 1] }
}
