import { describe, expect, it } from 'vitest'
import { accessOf, examplesOf, groupEndpoints } from './apiReference'
import { forThisServer, loadIndex, loadPage, neighbours, readIndex, resolveDocsLink } from './library'
import { outline } from './outline'
import { excerptOf, loadSearch } from './search'

const TEXTS = Object.fromEntries(
  Object.entries(import.meta.glob<string>('@docs/*.md', { query: '?raw', import: 'default', eager: true }))
    .map(([path, text]) => [path.replace(/^.*\//, ''), text] as const)
    .filter(([name]) => name !== 'README.md'),
)
const FILES = Object.keys(TEXTS)
const textOf = (name: string) => TEXTS[name] ?? ''

describe('the pages', () => {
  it('are all listed in the index, each once', async () => {
    expect(FILES.length).toBeGreaterThan(5)
    const listed = (await loadIndex()).flatMap(({ entries }) => entries.map(({ name }) => `${name}.md`))

    expect([...listed].sort()).toEqual([...FILES].sort())
  })

  it('link to pages and headings that there are', () => {
    const anchors = new Map(FILES.map((name) => [name, outline(textOf(name)).map(({ anchor }) => anchor)]))
    const broken = FILES.flatMap((name) =>
      [...textOf(name).matchAll(/\]\(([a-z0-9-]+\.md)?(?:#([^)]+))?\)/g)].filter(([, file = name, anchor]) => {
        const known = anchors.get(file)
        return file !== 'README.md' && (!known || (anchor !== undefined && !known.includes(anchor)))
      }).map(([link]) => `${name}: ${link}`),
    )

    expect(broken).toEqual([])
  })

  it.each(FILES)('%s begins with its title and names no two headings alike', (name) => {
    const entries = outline(textOf(name))

    expect(entries.map(({ rank }) => rank === 1)).toEqual(entries.map((_, index) => index === 0))
    expect(new Set(entries.map(({ anchor }) => anchor)).size).toBe(entries.length)
  })

  it('speak of this server, and not of where it stands in the repository', async () => {
    const text = await loadPage('quickstart')

    expect(text).toContain(`${location.origin}/v1`)
    expect(text).not.toContain('http://127.0.0.1:8080')
    expect(text).not.toContain('in its place')
  })

  it('do not exist under other names', async () => {
    for (const name of ['README', 'nope', '__proto__', 'constructor', '../secrets', 'decisions/1']) expect(await loadPage(name)).toBeNull()
  })
})

it('reads sections and their pages from the index', () => {
  const sections = readIndex('# Documentation\n\n## Start\n\n- [One](one.md)\n- [Two `x`](two-2.md): more\n\n## Rest\n\n- [Away](https://x.example)\n')

  expect(sections).toEqual([
    { title: 'Start', entries: [{ name: 'one', title: 'One' }, { name: 'two-2', title: 'Two `x`' }] },
    { title: 'Rest', entries: [] },
  ])
  expect(neighbours(sections, 'one')).toEqual({ previous: undefined, next: { name: 'two-2', title: 'Two `x`' } })
  expect(neighbours(sections, 'other')).toEqual({ previous: undefined, next: undefined })
})

it('leads links between files to pages, and leaves others', () => {
  expect(['errors.md', './errors.md#codes', 'README.md', '#here', 'https://x.example/a.md', '../src/a.md'].map(resolveDocsLink)).toEqual([
    '/app/docs/errors',
    '/app/docs/errors#codes',
    '/app/docs',
    '#here',
    'https://x.example/a.md',
    '../src/a.md',
  ])
})

it('takes what stands below a heading as plain words', () => {
  expect(outline('# A `b`\n\nOne *two*\nthree.\n\n- four\n\n## C & d?\n\n```sh\nfive\n```')).toEqual([
    { rank: 1, text: 'A b', anchor: 'a-b', content: 'One two three.\nfour\n' },
    { rank: 2, text: 'C & d?', anchor: 'c--d', content: 'five\n' },
  ])
})

it('leaves comments of the sources out', () => {
  expect(forThisServer('# A\n\n<!-- Written by\nhand -->\n\nText `http://127.0.0.1:8080/v1`', 'https://api.example')).toBe('# A\n\nText `https://api.example/v1`')
})

describe('the search', () => {
  it('finds a passage by its words, their beginnings and nearly right ones', async () => {
    const search = await loadSearch(await loadIndex())

    expect(search.find('stop early')[0]).toMatchObject({ page: 'streaming', anchor: 'stop-early', heading: 'Stop early' })
    expect(search.find('insufficient_credits').map(({ page }) => page)).toContain('errors')
    expect(search.find('authentic')[0]?.page).toBe('authentication')
    expect(search.find('streeming').map(({ page }) => page)).toContain('streaming')
    expect(search.find('xyzzy plugh')).toEqual([])
    expect(search.find('((**')).toEqual([])
  })

  it('shows the words around a hit, with the hit marked', () => {
    const excerpt = excerptOf(`${'before '.repeat(40)}the (needle) here${' after'.repeat(40)}`, ['needle', '(a+'])

    expect(excerpt.filter(({ isHit }) => isHit)).toEqual([{ text: 'needle', isHit: true }])
    expect(excerpt[0]?.text).toMatch(/^… .*the \($/)
    expect(excerpt.at(-1)?.text).toMatch(/ …$/)
  })
})

describe('the reference', () => {
  const operation = { tags: ['Chat'], operationId: 'ask', security: [{ operatorKey: [] }, { session: [], csrfToken: [] }] }

  it('groups endpoints by their tag, in the order of the document', () => {
    const paths = { '/b': { post: operation, get: { tags: ['Operator: models'] } }, '/a': { get: { tags: ['Chat'] } } }
    const groups = groupEndpoints({ openapi: '3.1.0', info: { title: 'API', version: '1' }, paths })

    expect(groups.map(({ tag, anchor, endpoints }) => [tag, anchor, endpoints.map(({ id, method, path }) => `${id} ${method} ${path}`)])).toEqual([
      ['Chat', 'tag-chat', ['ask POST /b', 'get-/a GET /a']],
      ['Operator: models', 'tag-operator-models', ['get-/b GET /b']],
    ])
  })

  it('tells who is let in, and all examples', () => {
    expect(accessOf(operation)).toEqual(['operatorKey', 'session'])
    expect(accessOf({ security: [] })).toEqual([])
    expect(examplesOf({ example: { a: 1 }, examples: { stream: { value: 'data: x' }, none: {} } })).toEqual([
      { name: '', text: '{\n  "a": 1\n}' },
      { name: 'stream', text: 'data: x' },
    ])
  })
})
