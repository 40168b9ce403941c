import { ArrowDown, SlidersHorizontal } from 'lucide-react'
import { useEffect } from 'react'
import { Button, IconButton } from '@/shared/ui/Button'
import { useTexts } from '@/texts'
import { lineOf, openCalls, placeOf } from '../state/conversation'
import type { Lane } from '../state/playground'
import { useSignal } from '../state/signal'
import { useRunner } from './context'
import { MessageView } from './MessageView'
import { ModelButton } from './ModelButton'
import { ToolAnswerForm } from './ToolAnswerForm'
import { useFollowing } from './useFollowing'
import { Welcome } from './Welcome'

interface LaneViewProps {
  lane: Lane
  /** What the lane is called while there are two. */
  name: string | null
  /** Opens the settings; null where they stand beside the conversation. */
  onSettings: (() => void) | null
}

/** One model, and the conversation with it. */
export function LaneView({ lane, name, onSettings }: LaneViewProps) {
  const texts = useTexts().playground
  const runner = useRunner()
  const run = useSignal(runner.runs)[lane.id]
  const { scroller, content, isFollowing, toEnd } = useFollowing()
  const asked = run?.messageId
  useEffect(() => {
    if (asked !== undefined) toEnd()
  }, [asked, toEnd])
  const label = name === null ? texts.conversation : texts.conversationOf(name)
  const line = lineOf(lane.conversation)
  const calls = run ? [] : openCalls(lane.conversation)
  return (
    <section aria-label={label} className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      <h2 className="sr-only">{label}</h2>
      <div className="flex items-start gap-2 border-b border-line px-4 py-2">
        <ModelButton lane={lane} name={name} />
        {onSettings && (
          <IconButton label={name === null ? texts.settings : texts.settingsOf(name)} onClick={onSettings}>
            <SlidersHorizontal aria-hidden className="size-5" />
          </IconButton>
        )}
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls has to be reached by keyboard */}
      <div ref={scroller} tabIndex={0} role="region" aria-label={name === null ? texts.messages : `${texts.messages} ${name}`} className="min-h-0 flex-1 overflow-y-auto overscroll-contain will-change-scroll [overflow-anchor:none] -outline-offset-2">
        <div ref={content} className="mx-auto grid w-full max-w-3xl grid-cols-[minmax(0,1fr)] gap-3 px-4 py-4">
          {line.length === 0 ? (
            <Welcome />
          ) : (
            <ol className="grid grid-cols-[minmax(0,1fr)] gap-3">
              {line.map((message) => (
                <MessageView key={message.id} lane={lane.id} message={message} {...placeOf(lane.conversation, message.id)} live={run?.messageId === message.id ? run.live : null} />
              ))}
            </ol>
          )}
          {calls.length > 0 && <ToolAnswerForm key={calls.map((call) => call.id).join()} lane={lane.id} calls={calls} tools={lane.settings.tools} />}
        </div>
      </div>
      {!isFollowing && (
        <Button size="small" className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-md" onClick={toEnd}>
          <ArrowDown aria-hidden className="size-4" />
          {texts.latest}
        </Button>
      )}
    </section>
  )
}
