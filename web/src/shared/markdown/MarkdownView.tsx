import { memo, useMemo, useState } from 'react'
import remend from 'remend'
import type { MarkdownProps } from '.'
import './markdown.css'
import { type Block, GrowingText, readBlocks } from './parser'
import { groupSamples } from './samples'
import { SampleTabs } from './SampleTabs'
import { type Look, showTokens } from './tokens'

/** More than this is shown as it was written, as laying it out would hold up the page. */
const MOST_ELEMENTS = 20_000
const MOST_CHARACTERS = 500_000

export function MarkdownView({ text, isStreaming = false, resolveLink, isDocument = false }: MarkdownProps) {
  const [growing] = useState(() => new GrowingText())
  const blocks = useMemo(() => {
    if (text.length > MOST_CHARACTERS) return null
    return isStreaming ? growing.read(text, finish) : readBlocks(text)
  }, [growing, text, isStreaming])
  const look = useMemo<Look>(() => ({ resolveLink, isDocument }), [resolveLink, isDocument])
  if (!blocks) return <pre className="whitespace-pre-wrap">{text}</pre>
  return (
    <div className="markdown">
      {(isDocument ? groupSamples(withinBounds(blocks)) : withinBounds(blocks)).map((one, key) =>
        'samples' in one ? <SampleTabs key={key} samples={one.samples} /> : <ShownBlock key={key} block={one} look={look} />,
      )}
    </div>
  )
}

/** Close what is half written at the end, such as `**bold`, and leave formulas to the parser, which knows when they are open. */
function finish(end: string): string {
  return remend(end.replace(/\n {0,3}`{1,2}$/, ''), { katex: false, linkMode: 'text-only', htmlTags: false, comparisonOperators: false })
}

function withinBounds(blocks: Block[]): Block[] {
  let cost = 0
  return blocks.map((block) => {
    cost += block.cost
    return cost > MOST_ELEMENTS ? { ...block, tokens: [], cost: 1 } : block
  })
}

const ShownBlock = memo(
  function ShownBlock({ block, look }: { block: Block; look: Look }) {
    if (block.tokens.length === 0) return <pre className="whitespace-pre-wrap">{block.source}</pre>
    return showTokens(block.tokens, look)
  },
  (before, after) =>
    before.look === after.look &&
    before.block.source === after.block.source &&
    before.block.cost === after.block.cost &&
    before.block.tokens.length === after.block.tokens.length,
)
