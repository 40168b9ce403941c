import type { Token } from 'markdown-it'
import { createElement, type ReactNode } from 'react'
import { useTexts } from '@/texts'

/** An answer stands below a page's own headings. */
const RANKS_BELOW = 2

/** A heading; in documents with an anchor, by the name that GitHub would give it. */
export function Heading({ rank, text, isDocument, children }: { rank: number; text: string; isDocument: boolean; children: ReactNode }) {
  const texts = useTexts()
  if (!isDocument) return createElement(`h${Math.min(rank + RANKS_BELOW, 6)}`, { 'data-rank': rank }, children)
  const id = anchorOf(text)
  const link = rank > 1 && (
    <a className="anchor" href={`#${id}`} aria-label={texts.markdown.linkTo(text)}>
      #
    </a>
  )
  return createElement(`h${rank}`, { id, 'data-rank': rank }, children, link)
}

export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

export function textOf(tokens: Token[]): string {
  return tokens.map((token) => (token.children ? textOf(token.children) : token.content)).join('')
}
