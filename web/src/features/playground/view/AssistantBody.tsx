import { memo, useMemo } from 'react'
import { LinkButton } from '@/shared/ui/Button'
import { Badge, Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { checkAnswer } from '../run/checkAnswer'
import type { LiveAnswer } from '../run/LiveAnswer'
import type { Failure, Outcome } from '../run/outcome'
import type { Message } from '../state/conversation'
import { Signal, useSignal } from '../state/signal'
import { Answer } from './Answer'
import { Figures } from './Figures'
import { Thinking } from './Thinking'
import { ToolCalls } from './ToolCalls'

/** Stands in for an answer that does not grow. */
const STILL = new Signal(null)

/** What the assistant said: thinking, answer, calls of tools, what went wrong, and the figures. It may still grow. */
export const AssistantBody = memo(function AssistantBody({ message, live }: { message: Message; live: LiveAnswer | null }) {
  const growing = useSignal<Pick<Message, 'content' | 'reasoning' | 'toolCalls' | 'outcome'> | null>(live?.shown ?? STILL)
  const { content, reasoning = '', toolCalls = [], outcome } = growing ?? message
  const texts = useTexts().playground
  const isRunning = live !== null
  const isThinking = isRunning && content === '' && toolCalls.length === 0
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
      {reasoning && <Thinking text={reasoning} isThinking={isThinking} ms={outcome?.timings.thinkingMs ?? null} />}
      {content && <Answer text={content} isStreaming={isRunning} />}
      {isThinking && !reasoning && <p className="animate-pulse text-muted">{texts.waiting}</p>}
      {!isRunning && !content && toolCalls.length === 0 && outcome?.state === 'done' && <p className="text-muted">{texts.emptyAnswer}</p>}
      {toolCalls.length > 0 && <ToolCalls calls={toolCalls} />}
      {outcome && !isRunning && <Ending content={content} outcome={outcome} hasCalls={toolCalls.length > 0} />}
      {outcome && (outcome.state !== 'failed' || outcome.bill) && <Figures outcome={outcome} />}
    </div>
  )
})

/** How the answer ended, where that is not as it should be, and whether it has the form that was asked for. */
function Ending({ content, outcome, hasCalls }: { content: string; outcome: Outcome; hasCalls: boolean }) {
  const texts = useTexts().playground
  const check = useMemo(() => (hasCalls || outcome.state !== 'done' ? null : checkAnswer(content, outcome.responseFormat)), [content, outcome, hasCalls])
  return (
    <>
      {outcome.failure && <FailureOf failure={outcome.failure} />}
      {outcome.state === 'stopped' && (
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
          <Badge>{texts.stopped}</Badge>
          {texts.stoppedNote}
        </p>
      )}
      {outcome.finishReason === 'length' && <Notice tone="warn">{texts.cutOff}</Notice>}
      {outcome.finishReason === 'content_filter' && <Notice tone="warn">{texts.filtered}</Notice>}
      {check && (check.problem === null ? <Notice tone="good">{check.hasSchema ? texts.answerFollows : texts.answerIsJson}</Notice> : <Notice tone="warn">{texts.answerBreaks(check.problem)}</Notice>)}
      {outcome.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
    </>
  )
}

function FailureOf({ failure }: { failure: Failure }) {
  const all = useTexts()
  const texts = all.playground
  return (
    <Notice tone="bad" title={texts.failed}>
      <p className="break-words">{failure.message}</p>
      <p className="text-sm">
        {failure.status !== 0 && texts.failedFree} {failure.requestId && all.failure.requestId(failure.requestId)}
      </p>
      {failure.code === 'insufficient_credits' && (
        <LinkButton to="/billing" size="small" className="mt-2">
          {texts.toBilling}
        </LinkButton>
      )}
    </Notice>
  )
}
