import { act, render } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Markdown } from '.'

const LEVELS = 10_000
/** Of the processor, with React's checks and a page that is not a browser's, which takes a tenth of it; without bounds it would be minutes. */
const BOUND_MS = 20_000
const TIMEOUT_MS = 10 * BOUND_MS
const times = (text: string) => text.repeat(LEVELS)
const indented = (mark: string, levels: number) => Array.from({ length: levels }, (_, level) => `${'  '.repeat(level)}${mark} a`).join('\n')

const HUGE: Record<string, string> = {
  quotes: times('>') + 'a',
  'spaced quotes': times('> ') + 'a',
  lists: times('- ') + 'a',
  'numbered lists': times('1. ') + 'a',
  'indented lists': indented('-', 1000),
  'quotes in lists': times('- > ') + 'a',
  brackets: times('['),
  'closed brackets': times('[') + 'a' + times(']'),
  links: times('[a]('),
  'nested links': times('[') + 'a' + times('](b)'),
  pictures: times('!['),
  'nested pictures': times('![') + 'a' + times('](b)'),
  emphasis: times('*a ') + times('a* '),
  'mixed emphasis': times('*a **a _a '),
  strikes: times('~~a '),
  'wide table': `|${times('a|')}\n|${times('-|')}`,
  'long table': `|${'a|'.repeat(100)}\n|${'-|'.repeat(100)}\n${times('a\n')}`,
  fences: times('```\n\n'),
  dollars: times('$a '),
  'open formulas': times('\\[\n\n'),
  'doubled dollars': times('$$ a\n'),
  'deep formula': `$$${times('{')}a${times('}')}$$`,
  roots: `$${times('\\sqrt ')}a$`,
  macros: '$\\def\\a{xxxxxxxxxx\\a\\a}\\a$',
  'long formulas': `$${'\\frac{a}{b}'.repeat(150)}$ `.repeat(200),
  entities: times('&#106;'),
  html: times('<a '),
  headings: times('# a\n'),
  'long address': `[a]: /${times('x')}\n\n${times('[a] ')}`,
  addresses: times('http://a.b/'),
}

it.each(Object.entries(HUGE))('shows huge nesting and repetition in bounded time and size: %s', async (_, text) => {
  await import('./MarkdownView')
  await Promise.all([import('./Formula'), import('./highlight')])
  const before = process.cpuUsage()
  const { container } = render(<Markdown text={text} />)
  await act(async () => {
    await Promise.resolve()
  })

  expect(process.cpuUsage(before).user / 1000).toBeLessThan(BOUND_MS)
  expect(container.textContent).not.toBe('')
  expect(container.querySelectorAll('*').length).toBeLessThan(120_000)
  expect(depthOf(container)).toBeLessThan(400)
}, TIMEOUT_MS)

function depthOf(root: Element): number {
  let deepest = 0
  let level: Element[] = [root]
  while (level.length > 0) {
    deepest += 1
    level = level.flatMap((one) => [...one.children])
  }
  return deepest
}

it('shows a text beyond all measure as it was written', async () => {
  await import('./MarkdownView')
  const { container } = render(<Markdown text={'**a** '.repeat(100_000)} />)
  await act(async () => {
    await Promise.resolve()
  })

  expect(container.querySelector('pre')?.textContent.length).toBe(600_000)
})
