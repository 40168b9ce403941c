import clsx from 'clsx'
import { ChevronLeft, ChevronRight, Pencil, RotateCcw, Trash2 } from 'lucide-react'
import { memo, type ReactNode, useEffect, useRef, useState } from 'react'
import { IconButton } from '@/shared/ui/Button'
import { CopyIcon } from '@/shared/ui/Copy'
import { useTexts } from '@/texts'
import type { LiveAnswer } from '../run/LiveAnswer'
import type { Message, Role } from '../state/conversation'
import type { LaneId } from '../state/playground'
import { AssistantBody } from './AssistantBody'
import { useRunner } from './context'
import { MessageEditor } from './MessageEditor'

interface MessageViewProps {
  lane: LaneId
  message: Message
  /** Among the messages that stand beside each other, counted from 0. */
  index: number
  count: number
  /** What grows, while it does. */
  live: LiveAnswer | null
}

const WRITTEN: Role[] = ['user', 'assistant', 'system']

/** One message of a conversation, with what can be done to it. */
export const MessageView = memo(function MessageView({ lane, message, index, count, live }: MessageViewProps) {
  const texts = useTexts().playground
  const runner = useRunner()
  const { isEditing, edit, leave, button } = useEditing()
  const isAnswer = message.role === 'assistant'
  const remove = () => runner.dispatch({ type: 'remove', id: message.id })
  return (
    <li className={clsx('grid min-w-0 contain-layout contain-paint contain-style grid-cols-[minmax(0,1fr)] gap-1.5', isAnswer ? 'px-1 py-2' : 'rounded-xl border border-line bg-surface px-4 py-2')}>
      <h3 className="sr-only">{texts.roles[message.role]}</h3>
      <div className="flex min-h-8 flex-wrap items-center gap-x-2">
        <RoleOf message={message} />
        {count > 1 && <Branches lane={lane} id={message.id} index={index} count={count} />}
        {!live && !isEditing && (
          <div className="ml-auto flex">
            {isAnswer && (
              <Act label={texts.retryMessage} onClick={() => runner.retry(lane, message.id)}>
                <RotateCcw aria-hidden className="size-4" />
              </Act>
            )}
            <CopyIcon text={message.content} label={texts.copyMessage} className="size-8 text-muted!" />
            <IconButton ref={button} label={texts.editMessage} className="size-8 text-muted!" onClick={edit}>
              <Pencil aria-hidden className="size-4" />
            </IconButton>
            <Act label={texts.removeMessage} onClick={remove}>
              <Trash2 aria-hidden className="size-4" />
            </Act>
          </div>
        )}
      </div>
      {isEditing ? <MessageEditor message={message} onLeave={leave} /> : isAnswer ? <AssistantBody message={message} live={live} /> : <Written message={message} />}
    </li>
  )
})

/** What a person wrote, with the images of it. */
function Written({ message: { content, images = [], lostImages = 0 } }: { message: Message }) {
  const texts = useTexts().playground
  return (
    <>
      {content && <p className="min-w-0 break-words whitespace-pre-wrap">{content}</p>}
      {images.length > 0 && (
        <div className="flex flex-wrap gap-2 pb-1">
          {images.map((url, index) => (
            <img key={index} src={url} alt={texts.image(index + 1)} className="max-h-64 max-w-full rounded-lg border border-line" />
          ))}
        </div>
      )}
      {lostImages > 0 && <p className="text-sm text-warn">{texts.imagesLost(lostImages)}</p>}
    </>
  )
}

function Act({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <IconButton label={label} className="size-8 text-muted!" onClick={onClick}>
      {children}
    </IconButton>
  )
}

/** Editing gives the focus back to the button that began it. */
function useEditing() {
  const [isEditing, setEditing] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(false)
  useEffect(() => {
    if (wasEditing.current && !isEditing) button.current?.focus()
    wasEditing.current = isEditing
  }, [isEditing])
  return { isEditing, button, edit: () => setEditing(true), leave: () => setEditing(false) }
}

/** Who speaks; for messages that a person wrote it can be changed. */
function RoleOf({ message }: { message: Message }) {
  const texts = useTexts().playground
  const runner = useRunner()
  // Only a user's message can have images.
  if (message.outcome || message.role === 'tool' || message.images) {
    return (
      <p aria-hidden className="text-sm font-semibold">
        {texts.roles[message.role]}
      </p>
    )
  }
  return (
    <select
      aria-label={texts.roleOf}
      value={message.role}
      onChange={(event) => runner.dispatch({ type: 'role', id: message.id, role: event.target.value as Role })}
      className="-ml-1 min-h-8 rounded-md bg-transparent pr-1 text-sm font-semibold hover:bg-sunken"
    >
      {WRITTEN.map((role) => (
        <option key={role} value={role}>
          {texts.roles[role]}
        </option>
      ))}
    </select>
  )
}

function Branches({ lane, id, index, count }: { lane: LaneId; id: string; index: number; count: number }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const go = (step: number) => runner.dispatch({ type: 'choose', lane, id, step })
  return (
    <div role="group" aria-label={texts.branchLabel(index + 1, count)} className="flex items-center text-xs text-muted tabular-nums">
      <IconButton label={texts.previousBranch} className="size-8" aria-disabled={index === 0 || undefined} onClick={() => go(-1)}>
        <ChevronLeft aria-hidden className="size-4" />
      </IconButton>
      <span aria-hidden>{texts.branch(index + 1, count)}</span>
      <IconButton label={texts.nextBranch} className="size-8" aria-disabled={index === count - 1 || undefined} onClick={() => go(1)}>
        <ChevronRight aria-hidden className="size-4" />
      </IconButton>
    </div>
  )
}
