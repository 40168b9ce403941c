import { anchorOf, textOf } from '@/shared/markdown/Heading'
import { readBlocks } from '@/shared/markdown/parser'

export interface OutlineEntry {
  rank: number
  text: string
  anchor: string
  /** What stands below the heading, up to the next one, without marks. */
  content: string
}

/** The headings of a page with what stands below each. */
export function outline(page: string): OutlineEntry[] {
  const entries: OutlineEntry[] = []
  for (const { tokens } of readBlocks(page)) {
    const [first] = tokens
    const text = tokens.map((token) => (token.children ? textOf(token.children) : token.content)).join(' ').trim()
    if (first?.type === 'heading_open') {
      entries.push({ rank: Number(first.tag.slice(1)), text, anchor: anchorOf(text), content: '' })
    } else {
      const entry = entries.at(-1)
      if (entry) entry.content += `${text}\n`
    }
  }
  return entries
}
