import clsx from 'clsx'
import { Brain, ChevronRight } from 'lucide-react'
import { memo, useId, useState } from 'react'
import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'
import { useFollowing } from './useFollowing'

interface ThinkingProps {
  text: string
  /** Whether the model still thinks. */
  isThinking: boolean
  /** How long it thought; null where nobody knows. */
  ms: number | null
}

/** What the model thought, in a block of its own that can be folded. */
export const Thinking = memo(function Thinking({ text, isThinking, ms }: ThinkingProps) {
  const texts = useTexts().playground
  const format = useFormats()
  const id = useId()
  const [isOpen, setOpen] = useState(true)
  const told = ms === null ? texts.thought : texts.thoughtFor(format.seconds(ms))
  return (
    <div className="min-w-0 overflow-hidden rounded-lg border border-line">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-9 w-full items-center gap-2 bg-sunken px-3 text-left text-sm text-muted -outline-offset-2 hover:text-ink"
      >
        <ChevronRight aria-hidden className={clsx('size-4 transition-transform', isOpen && 'rotate-90')} />
        <Brain aria-hidden className={clsx('size-4', isThinking && 'animate-pulse text-accent')} />
        <span className="tabular-nums">{isThinking ? texts.thinking : told}</span>
      </button>
      <div id={id} hidden={!isOpen}>
        {isOpen && <ThinkingText text={text} label={told} />}
      </div>
    </div>
  )
})

function ThinkingText({ text, label }: { text: string; label: string }) {
  const { scroller, content } = useFollowing()
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls has to be reached by keyboard
    <div ref={scroller} role="group" aria-label={label} tabIndex={0} className="max-h-56 overflow-y-auto [overflow-anchor:none] px-3 py-2 -outline-offset-2">
      <div ref={content} className="text-sm break-words whitespace-pre-wrap text-muted">
        {text}
      </div>
    </div>
  )
}
