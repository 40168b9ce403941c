import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it'

/** The pairs that may stand around a formula, and whether it then stands on its own line. */
const PAIRS = [
  { open: '$$', close: '$$', isDisplay: true },
  { open: '\\[', close: '\\]', isDisplay: true },
  { open: '\\(', close: '\\)', isDisplay: false },
] as const

/** How far the end of a formula is looked for, so that many beginnings without an end cost little. */
const FARTHEST_CHARACTERS = 2000
const FARTHEST_LINES = 200

/** Formulas between `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, as tokens `formula` and `formula_block`. */
export function addFormulas(parser: MarkdownIt): void {
  parser.inline.ruler.before('escape', 'formula', inlineFormula)
  parser.block.ruler.before('fence', 'formula_block', blockFormula, { alt: ['paragraph', 'blockquote', 'list'] })
}

function inlineFormula(state: StateInline, silent: boolean): boolean {
  const rest = state.src.slice(state.pos, state.pos + FARTHEST_CHARACTERS)
  const pair = PAIRS.find(({ open }) => rest.startsWith(open))
  const isInWord = /[\p{L}\p{N}]/u.test(state.src.charAt(state.pos - 1))
  const found = pair ? between(rest, pair.open, pair.close) : isInWord ? null : betweenDollars(rest)
  if (found === null) return false
  if (!silent) {
    const token = state.push('formula', 'math', 0)
    token.content = found.inner
    token.meta = { isDisplay: pair?.isDisplay ?? false }
  }
  state.pos += found.length
  return true
}

function between(text: string, open: string, close: string): { inner: string; length: number } | null {
  const end = text.indexOf(close, open.length)
  const inner = text.slice(open.length, end)
  return end < 0 || inner.trim() === '' ? null : { inner, length: end + close.length }
}

/** As in Pandoc: no blank inside at either end and no digit behind, so that "$5 and $10" are prices; and no code inside. */
function betweenDollars(text: string): { inner: string; length: number } | null {
  const found = /^\$(?![\s$])((?:\\[\s\S]|[^\\$`])*?(?:[^\s\\$`]|\\[^\s]))\$(?![\d$])/.exec(text)
  return found?.[1] === undefined ? null : { inner: found[1], length: found[0].length }
}

function blockFormula(state: StateBlock, from: number, to: number, silent: boolean): boolean {
  const lineAt = (line: number) => state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line])
  const first = lineAt(from)
  const pair = PAIRS.find(({ open, isDisplay }) => isDisplay && first.startsWith(open))
  if (!pair || (state.sCount[from] ?? 0) - state.blkIndent >= 4) return false
  const lines = [first.slice(pair.open.length)]
  let line = from
  while (!isEnd(lines.at(-1) ?? '', pair.close)) {
    line += 1
    const isOut = line >= to || line - from > FARTHEST_LINES || (state.sCount[line] ?? 0) < state.blkIndent
    // What has not ended yet may do so when more of the text comes.
    if (isOut) return isUnfinished(state) && line >= to ? push(state, { lines, from, to, isOpen: true }, silent) : false
    lines.push(lineAt(line))
  }
  lines.push((lines.pop() ?? '').trimEnd().slice(0, -pair.close.length))
  return push(state, { lines, from, to: line + 1, isOpen: false }, silent)
}

function isEnd(line: string, close: string): boolean {
  return line.trimEnd().endsWith(close)
}

function isUnfinished(state: StateBlock): boolean {
  return state.env.isUnfinished === true && state.level === 0
}

interface FoundBlock {
  lines: string[]
  from: number
  to: number
  isOpen: boolean
}

function push(state: StateBlock, { lines, from, to, isOpen }: FoundBlock, silent: boolean): boolean {
  if (silent) return true
  const token = state.push('formula_block', 'math', 0)
  token.block = true
  token.content = lines.join('\n').trim()
  token.map = [from, to]
  token.meta = { isDisplay: true, isOpen }
  state.line = to
  return true
}
