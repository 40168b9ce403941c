import { act, render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Markdown, type MarkdownProps } from '.'
import attacks from './attacks.json'

/** Show a text as a person meets it, with all that is loaded on first use. */
async function shown(text: string, props: Partial<MarkdownProps> = {}): Promise<HTMLElement> {
  const { container } = render(<Markdown text={text} {...props} />)
  await act(async () => {
    await Promise.all([import('./MarkdownView'), import('./Formula'), import('./highlight')])
  })
  return container
}

const links = (container: HTMLElement) => [...container.querySelectorAll('a')].map((link) => link.getAttribute('href'))

/** Everything that could run, fetch or take over a page. */
const HARMFUL = 'script, style, svg:not(.lucide), iframe, object, embed, form, input, base, meta, link, video, audio, math a, [onerror], [onload], [onclick], [srcdoc], [style*="url"]'

it('shows the marks of Markdown as elements', async () => {
  const container = await shown('# One\n\nA **bold** and *fine* ~~old~~ `code`\\\nnext\n\n1. first\n2. second\n\n> quote\n\n| a | b |\n|---|--:|\n| 1 | 2<br>3 |\n\n---')

  expect(screen.getByRole('heading', { level: 3, name: 'One' })).toBeDefined()
  for (const tag of ['strong', 'em', 's', 'code', 'br', 'ol', 'blockquote', 'table', 'hr', 'td br']) expect(container.querySelector(tag), tag).not.toBeNull()
  expect(container.querySelector('td.text-right')?.textContent).toBe('23')
})

it.each(attacks.html)('keeps raw HTML as text: %s', async (attack) => {
  const container = await shown(attack)

  expect(container.querySelector(HARMFUL)).toBeNull()
  expect(container.querySelector('img, a')).toBeNull()
})

it.each(attacks.links)('makes no link and fetches nothing: %s', async (attack) => {
  const container = await shown(attack)

  expect(links(container)).toEqual([])
  expect(container.querySelector('img')).toBeNull()
  expect(container.querySelector(HARMFUL)).toBeNull()
})

it.each(['javascript%3Aalert(1)', 'java\\script:alert(1)', '<java\tscript:alert(1)>', '<\u0001javascript:alert(1)>'])(
  'takes a scheme that is written with other characters in it for a path of this server: %s',
  async (address) => {
    const container = await shown(`[x](${address})`)

    expect(links(container)).toEqual([expect.stringMatching(/^\/\S*javascript|^\/java(%5C|%09|\/)script/i)])
    expect(container.querySelector('a')?.protocol).toBe('http:')
  },
)

it('opens foreign links apart and tells them nothing', async () => {
  const container = await shown('[a](https://other.example/b) <https://auto.example> https://bare.example/x //two.example [b](//slashes.example) [m](mailto:a@b.example)')

  const found = [...container.querySelectorAll('a')]
  expect(found.map((link) => link.href)).toEqual([
    'https://other.example/b',
    'https://auto.example/',
    'https://bare.example/x',
    'http://slashes.example/',
    'mailto:a@b.example',
  ])
  for (const link of found) expect([link.rel, link.target]).toEqual(['noreferrer noopener', '_blank'])
})

it('leads links of this server within the same page, where asked to another address', async () => {
  const container = await shown('[a](errors.md#codes) [b](#here)', { resolveLink: (address) => address.replace('errors.md', '/app/docs/errors') })

  expect(links(container)).toEqual(['/app/docs/errors#codes', '/#here'])
  expect(container.querySelector('[target]')).toBeNull()
})

it('makes a link of a foreign picture and shows one of this server', async () => {
  const container = await shown('![a cat](https://other.example/cat.png) ![logo](/app/icon.svg) ![ref][r]\n\n[r]: //third.example/x.png')

  expect([...container.querySelectorAll('img')].map((one) => one.getAttribute('src'))).toEqual(['/app/icon.svg'])
  expect(screen.getByRole('link', { name: 'a cat' }).getAttribute('href')).toBe('https://other.example/cat.png')
  expect(screen.getByRole('link', { name: 'ref' }).getAttribute('href')).toBe('http://third.example/x.png')
})

it('typesets formulas, with MathML for screen readers', async () => {
  const container = await shown('Inline $a^2$ and \\(b\\).\n\n$$\n\\frac{1}{2}\n$$\n\n\\[\nc\n\\]\n\nIn line: $$d$$')

  const sources = [...container.querySelectorAll('annotation')].map((one) => one.textContent)
  expect(sources).toEqual(['a^2', 'b', '\\frac{1}{2}', 'c', 'd'])
  expect(container.querySelectorAll('.katex-html[aria-hidden]').length).toBe(5)
  expect(container.querySelectorAll('.katex-display').length).toBe(3)
})

it('leaves prices, code and broken formulas as they are written', async () => {
  const container = await shown('It is $5 or $10, US$5 or HK$, `$x$`, \\$y\\$ and $\\frac{1$.')

  expect(container.querySelector('.katex')).toBeNull()
  expect(container.textContent).toBe('It is $5 or $10, US$5 or HK$, $x$, $y$ and \\frac{1.')
})

it('names and colours code, and offers to copy it', async () => {
  const container = await shown('```python\nimport os\n```\n\n```unheard\nx\n```')

  expect(container.querySelector('.hljs-keyword')?.textContent).toBe('import')
  expect([...container.querySelectorAll('figcaption')].map((one) => one.firstChild?.textContent)).toEqual(['Python', 'unheard'])
  expect(screen.getAllByRole('button', { name: 'Copy' }).length).toBe(2)
})

it('gives documents anchors and tabs, and answers neither', async () => {
  const text = '# Title\n\n## Read *it*\n\n```python\na\n```\n\n```python openai\nb\n```\n\n```bash\nc\n```\n\nend'

  const page = await shown(text, { isDocument: true })
  expect(page.querySelector('h2')?.id).toBe('read-it')
  expect(screen.getAllByRole('tab').map((tab) => tab.textContent)).toEqual(['Python', 'Python (OpenAI SDK)', 'Bash'])

  const answer = await shown(text)
  expect(answer.querySelector('[id], [role=tab]')).toBeNull()
  expect(answer.querySelectorAll('pre').length).toBe(3)
})
