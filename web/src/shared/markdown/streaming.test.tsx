import { act, render, waitFor } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Markdown } from '.'
import { GrowingText, readBlocks } from './parser'

const ANSWER = [
  '# Title\n\nA paragraph with **bold** and `code`, then $a^2$ and [a link](https://other.example).\n\n',
  '1. one\n\n2. two\n   - inner\n\n   more\n\n10. ten\n\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\n',
  '```python\ndef f():\n\n    return "```"\n```\n\n$$\n\\frac{1}{2}\n\n+ 1\n$$\n\n> quote\n> more\n\nHeading\n===\n\nThe end.',
].join('')

const asIs = (text: string) => text

it('reads a growing text to the same blocks as the whole one, wherever it is cut', () => {
  const whole = readBlocks(ANSWER).map((block) => block.source)
  for (const step of [1, 3, 7, 40]) {
    const growing = new GrowingText()
    let blocks = growing.read('', asIs)
    for (let end = step; end < ANSWER.length + step; end += step) blocks = growing.read(ANSWER.slice(0, end), asIs)

    expect(blocks.map((block) => block.source.trimEnd())).toEqual(whole.map((source) => source.trimEnd()))
  }
})

it('keeps what is settled: only the end is read again', () => {
  const growing = new GrowingText()
  const before = growing.read('One.\n\nTwo.\n\nThree.\n\nFour', asIs)
  const after = growing.read('One.\n\nTwo.\n\nThree.\n\nFour and more', asIs)

  expect(after.slice(0, 2).every((block, index) => block === before[index])).toBe(true)
  expect(after.at(-1)?.source).toBe('Four and more')
})

it('begins anew when the text is another one', () => {
  const growing = new GrowingText()
  growing.read('One.\n\nTwo.\n\nThree.', asIs)

  expect(growing.read('Other', asIs).map((block) => block.source)).toEqual(['Other'])
})

async function streamed(text: string): Promise<HTMLElement> {
  await Promise.all([import('./MarkdownView'), import('./Formula'), import('./highlight')])
  const { container } = render(<Markdown text={text} isStreaming />)
  await act(async () => {
    await Promise.resolve()
  })
  return container
}

it('shows marks that are half written as what they will be', async () => {
  expect((await streamed('A **bold wo')).querySelector('strong')?.textContent).toBe('bold wo')
  expect((await streamed('Some `co')).querySelector('code')?.textContent).toBe('co')
  const link = await streamed('See [the page](https://oth')
  expect(link.textContent).toBe('See the page')
})

it('shows an open fence as code, without the first ticks of its end', async () => {
  const container = await streamed('```python\nimport os\n``')

  expect(container.querySelector('pre')?.textContent).toBe('import os')
})

it('shows an open formula as its source, and typesets it once it is closed', async () => {
  const open = await streamed('$$\n\\frac{1}{')
  expect(open.querySelector('.katex')).toBeNull()
  expect(open.querySelector('.formula')?.textContent).toBe('\\frac{1}{')

  const closed = await streamed('$$\n\\frac{1}{2}\n$$')
  expect(closed.querySelector('.katex')).not.toBeNull()
})

it('ends with exactly what the whole text shows', async () => {
  await Promise.all([import('./MarkdownView'), import('./Formula'), import('./highlight')])
  const { container, rerender } = render(<Markdown text="" isStreaming />)
  for (let end = 5; end < ANSWER.length; end += 5) rerender(<Markdown text={ANSWER.slice(0, end)} isStreaming />)
  rerender(<Markdown text={ANSWER} />)
  const grown = container.querySelector('.markdown')?.innerHTML
  const whole = render(<Markdown text={ANSWER} />).container.querySelector('.markdown')?.innerHTML

  expect(grown).toBe(whole)
})

it('colours long code while it grows, and a string over many lines once it rests', async () => {
  const code = `text = """\n${'def in a string\n'.repeat(200)}"""\ndef f(): pass\n`
  const { container, rerender } = render(<Markdown text={'```python\n'} isStreaming />)
  await streamed('')
  rerender(<Markdown text={`\`\`\`python\n${code}`} isStreaming />)

  expect(container.querySelector('code')?.textContent).toBe(code.trimEnd())
  expect(container.querySelectorAll('.hljs-keyword').length).toBeGreaterThan(1)
  await waitFor(() => expect(container.querySelectorAll('.hljs-keyword').length).toBe(2))
})
