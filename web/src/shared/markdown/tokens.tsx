import type { Token } from 'markdown-it'
import { createElement, Fragment, type ReactNode } from 'react'
import { Anchor } from './Anchor'
import { Fence } from './Fence'
import { FormulaSlot } from './FormulaSlot'
import { AnswerHeading, DocumentHeading, textOf } from './Heading'
import { safeLink } from './links'

export interface Look {
  resolveLink: ((address: string) => string) | undefined
  isDocument: boolean
}

/** All elements that Markdown can become: what the parser makes is shown by name, and nothing else exists. */
const PLAIN = new Set(['p', 'ul', 'li', 'blockquote', 'thead', 'tbody', 'tr', 'strong', 'em', 's'])

/** Show a run of tokens, in which every opening one has its closing one. */
export function showTokens(tokens: Token[], look: Look): ReactNode[] {
  const shown: ReactNode[] = []
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (!token) continue
    if (token.nesting !== 1) {
      shown.push(<Fragment key={at}>{single(token, look)}</Fragment>)
      continue
    }
    const end = closing(tokens, at)
    shown.push(<Fragment key={at}>{wrapped(token, tokens.slice(at + 1, end), look)}</Fragment>)
    at = end
  }
  return shown
}

function closing(tokens: Token[], from: number): number {
  let depth = 0
  for (let at = from; at < tokens.length; at++) {
    depth += tokens[at]?.nesting ?? 0
    if (depth === 0) return at
  }
  return tokens.length
}

function wrapped(token: Token, inner: Token[], look: Look): ReactNode {
  const children = showTokens(inner, look)
  if (token.hidden) return children
  if (token.tag === 'a') return <ShownLink address={attribute(token, 'href')} look={look}>{children}</ShownLink>
  if (/^h[1-6]$/.test(token.tag)) {
    const rank = Number(token.tag.slice(1))
    return look.isDocument ? <DocumentHeading rank={rank} text={textOf(inner)}>{children}</DocumentHeading> : <AnswerHeading rank={rank}>{children}</AnswerHeading>
  }
  if (token.tag === 'ol') return <ol start={Number(attribute(token, 'start') || 1)}>{children}</ol>
  if (token.tag === 'table') return <Scrolling><table>{children}</table></Scrolling>
  if (token.tag === 'th' || token.tag === 'td') return createElement(token.tag, { className: alignment(token), ...(token.tag === 'th' && { scope: 'col' }) }, ...children)
  return PLAIN.has(token.tag) ? createElement(token.tag, null, ...children) : children
}

function single(token: Token, look: Look): ReactNode {
  switch (token.type) {
    case 'inline':
      return showTokens(token.children ?? [], look)
    case 'softbreak':
      return '\n'
    case 'hardbreak':
      return <br />
    case 'hr':
      return <hr />
    case 'code_inline':
      return <code>{token.content}</code>
    case 'fence':
    case 'code_block':
      return <Fence info={token.info} content={token.content} isDocument={look.isDocument} />
    case 'formula':
    case 'formula_block':
      return <FormulaSlot source={token.content} isDisplay={token.meta?.isDisplay === true} isOpen={token.meta?.isOpen === true} />
    case 'image':
      return <Picture token={token} look={look} />
    default:
      return token.content
  }
}

function ShownLink({ address, look, children }: { address: string; look: Look; children: ReactNode }) {
  const link = safeLink(look.resolveLink?.(address) ?? address)
  return link ? <Anchor link={link}>{children}</Anchor> : children
}

/** A picture of this server; from elsewhere only a link to it, as fetching it would tell others who reads this. */
function Picture({ token, look }: { token: Token; look: Look }) {
  const address = attribute(token, 'src')
  const text = textOf(token.children ?? []) || address
  const link = safeLink(look.resolveLink?.(address) ?? address)
  if (link && !link.isForeign) return <img src={link.href} alt={text} loading="lazy" />
  return <ShownLink address={address} look={look}>{text}</ShownLink>
}

/** What may be wider than the page, and then scrolls by itself. */
function Scrolling({ children }: { children: ReactNode }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls has to be reached by keyboard
    <div className="scrolling" tabIndex={0}>
      {children}
    </div>
  )
}

function attribute(token: Token, name: string): string {
  return token.attrs?.find(([one]) => one === name)?.[1].toString() ?? ''
}

function alignment(token: Token): string | undefined {
  const found = /text-align:(left|center|right)/.exec(attribute(token, 'style'))
  return found?.[1] && { left: 'text-left', center: 'text-center', right: 'text-right' }[found[1]]
}
