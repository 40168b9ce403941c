import type { Token } from 'markdown-it'
import { createElement, type ReactNode } from 'react'
import { useTexts } from '@/texts'

/** An answer stands below a page's own headings. */
const RANKS_BELOW = 2

interface HeadingProps {
  rank: number
  children: ReactNode
}

export function AnswerHeading({ rank, children }: HeadingProps) {
  return createElement(`h${Math.min(rank + RANKS_BELOW, 6)}`, { 'data-rank': rank }, children)
}

/** A heading of a document, with an anchor by the name that GitHub would give it. */
export function DocumentHeading({ rank, text, children }: HeadingProps & { text: string }) {
  const texts = useTexts()
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

/** The words of inline tokens, without their marks. */
export function textOf(tokens: Token[]): string {
  return tokens.map((token) => (token.children ? textOf(token.children) : token.type.endsWith('break') ? ' ' : token.content)).join('')
}
