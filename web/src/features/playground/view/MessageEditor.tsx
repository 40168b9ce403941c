import clsx from 'clsx'
import { useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { CONTROL } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import type { Message } from '../state/conversation'
import { newId } from '../state/newId'
import { useRunner } from './context'

/** Writes a message anew. What came after it stays reachable as a branch. */
export function MessageEditor({ message, onLeave }: { message: Message; onLeave: () => void }) {
  const texts = useTexts()
  const runner = useRunner()
  const [content, setContent] = useState(message.content)
  const canAsk = message.role !== 'assistant'
  const save = () => {
    onLeave()
    runner.dispatch({ type: 'edit', id: message.id, content, newId: newId() })
  }
  const saveAndAsk = () => {
    onLeave()
    runner.editAndAsk(message.id, content)
  }
  return (
    <div className="grid gap-2">
      <textarea
        // eslint-disable-next-line jsx-a11y/no-autofocus -- it opens where the person has just asked for it
        autoFocus
        aria-label={texts.playground.editText}
        value={content}
        onChange={(event) => setContent(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onLeave()
          else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) (canAsk ? saveAndAsk : save)()
          else return
          event.preventDefault()
        }}
        className={clsx(CONTROL, 'field-sizing-content max-h-96 min-h-20 py-2')}
      />
      <div className="flex flex-wrap gap-2">
        {canAsk && (
          <Button size="small" kind="primary" onClick={saveAndAsk}>
            {texts.playground.saveAndAsk}
          </Button>
        )}
        <Button size="small" onClick={save}>
          {texts.playground.saveEdit}
        </Button>
        <Button size="small" kind="quiet" onClick={onLeave}>
          {texts.common.cancel}
        </Button>
      </div>
    </div>
  )
}
