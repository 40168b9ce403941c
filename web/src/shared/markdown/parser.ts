import MarkdownIt, { type Token } from 'markdown-it'
import { addFormulas } from './formulas'

/** One piece of the text that stands by itself: a paragraph, a list, a code block. */
export interface Block {
  /** Nothing where it is nested too deeply to be laid out. */
  tokens: Token[]
  /** The lines it came from, shown as they are when the text is too much to be laid out. */
  source: string
  /** How much it takes to show, in elements; formulas count by their length. */
  cost: number
}

/** What is carried from one block to the next. */
export interface Surroundings {
  /** Link definitions, filled by the parser. */
  references?: Record<string, unknown>
  /** Whether the end is still to come, so that a formula may be open. */
  isUnfinished?: boolean
}

/** Quotes, lists and brackets that are nested more deeply are shown as they were written. */
const DEEPEST = 40
/** What a code block costs with its frame and button. */
const CODE_COST = 20

const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: DEEPEST })
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false }).add('//', null).add('ftp:', null)
addFormulas(parser)
// The one tag that answers use to good effect, as there is no other line break in a table.
parser.inline.ruler.before('autolink', 'break', (state, silent) => {
  const found = state.src.charAt(state.pos) === '<' ? /^<br\s{0,9}\/?>/i.exec(state.src.slice(state.pos, state.pos + 16)) : null
  if (!found) return false
  if (!silent) state.push('hardbreak', 'br', 0)
  state.pos += found[0].length
  return true
})

/** Read Markdown into blocks. Raw HTML in it stays text. */
export function readBlocks(text: string, surroundings: Surroundings = {}): Block[] {
  const tokens = parser.parse(text, surroundings as Record<string, unknown>)
  const lines = text.split('\n')
  const blocks: Block[] = []
  let start = 0
  let depth = 0
  tokens.forEach((token, index) => {
    depth += token.nesting
    if (depth > 0) return
    const group = tokens.slice(start, index + 1)
    const [from, to] = group[0]?.map ?? [0, 0]
    const source = lines.slice(from, to).join('\n')
    blocks.push(isTooDeep(group) ? { tokens: [], source, cost: 1 } : { tokens: group, source, cost: group.reduce((sum, one) => sum + costOf(one), 0) })
    start = index + 1
  })
  return blocks
}

/** The parser leaves out what is nested beyond its measure, and marks such as `*` it does not measure. */
function isTooDeep(tokens: Token[]): boolean {
  let depth = 0
  return tokens.some((token) => {
    depth += token.nesting
    return depth >= DEEPEST || (token.children !== null && isTooDeep(token.children))
  })
}

function costOf(token: Token): number {
  if (token.type === 'fence' || token.type === 'code_block') return CODE_COST
  if (token.type.startsWith('formula')) return token.content.length
  return (token.children ?? []).reduce((sum, child) => sum + costOf(child), 1)
}

/**
 * Reads a text that grows: all blocks but the last two are kept as they are, and only what follows them is read again.
 * The last but one stays open too, as a paragraph "2" becomes part of the list before it once "2." is there.
 */
export class GrowingText {
  private readonly surroundings: Surroundings = { references: {}, isUnfinished: true }
  private settledText = ''
  private settled: Block[] = []

  /** `finish` mends the end, where marks may be half written. */
  read(text: string, finish: (end: string) => string): Block[] {
    if (!text.startsWith(this.settledText)) {
      this.settledText = ''
      this.settled = []
      this.surroundings.references = {}
    }
    const rest = text.slice(this.settledText.length)
    const at = openStart(readBlocks(rest, this.surroundings), rest)
    if (at > 0) {
      this.settled = [...this.settled, ...readBlocks(rest.slice(0, at), this.surroundings)]
      this.settledText = text.slice(0, this.settledText.length + at)
    }
    return [...this.settled, ...readBlocks(finish(rest.slice(at)), this.surroundings)]
  }
}

/** Where the last but one block begins, in characters. */
function openStart(blocks: Block[], text: string): number {
  let at = 0
  for (let line = blocks.at(-2)?.tokens[0]?.map?.[0] ?? 0; line > 0; line--) at = text.indexOf('\n', at) + 1
  return at
}
