import MiniSearch from 'minisearch'
import { type DocsSection, loadPage } from './library'
import { outline } from './outline'

export interface Found {
  id: string
  page: string
  /** Empty for the head of a page. */
  anchor: string
  title: string
  heading: string
  excerpt: Piece[]
}

/** A piece of an excerpt; hits are what was looked for. */
export interface Piece {
  text: string
  isHit: boolean
}

interface Passage {
  id: string
  page: string
  anchor: string
  title: string
  heading: string
  content: string
}

export interface DocsSearch {
  find: (query: string) => Found[]
}

const MOST = 8
const EXCERPT = 140

/** Read all pages and make them searchable, passage by passage. */
export async function loadSearch(sections: DocsSection[]): Promise<DocsSearch> {
  const pages = await Promise.all(
    sections.flatMap(({ entries }) => entries).map(async ({ name, title }) => ({ name, title, text: (await loadPage(name)) ?? '' })),
  )
  return makeSearch(pages)
}

export function makeSearch(pages: { name: string; title: string; text: string }[]): DocsSearch {
  const index = new MiniSearch<Passage>({
    fields: ['title', 'heading', 'content'],
    storeFields: ['page', 'anchor', 'title', 'heading', 'content'],
    searchOptions: { boost: { title: 3, heading: 4 }, prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : false), combineWith: 'AND' },
  })
  for (const { name, title, text } of pages) {
    index.addAll(
      outline(text).map(({ rank, text: heading, anchor, content }) => ({
        id: `${name}#${anchor}`,
        page: name,
        anchor: rank === 1 ? '' : anchor,
        title,
        heading: rank === 1 ? '' : heading,
        content,
      })),
    )
  }
  return {
    find: (query) =>
      index.search(query).slice(0, MOST).map((result) => {
        const { id, page, anchor, title, heading, content } = result as unknown as Passage
        return { id, page, anchor, title, heading, excerpt: excerptOf(content, result.terms) }
      }),
  }
}

/** The words around the first hit, with all hits marked. */
export function excerptOf(content: string, terms: string[]): Piece[] {
  const hits = new RegExp(`(${terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|') || '$^'})`, 'gi')
  const at = Math.max(0, content.search(hits))
  const from = at < EXCERPT / 2 ? 0 : content.indexOf(' ', at - EXCERPT / 3) + 1
  const shown = `${from > 0 ? '… ' : ''}${content.slice(from, from + EXCERPT).replace(/\s+/g, ' ').trim()}${content.length > from + EXCERPT ? ' …' : ''}`
  return shown.split(hits).map((text, index) => ({ text, isHit: index % 2 === 1 })).filter(({ text }) => text !== '')
}
