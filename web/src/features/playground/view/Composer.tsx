import clsx from 'clsx'
import { Play, Square } from 'lucide-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Button } from '@/shared/ui/Button'
import { CONTROL } from '@/shared/ui/Field'
import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'
import { modelsQuery } from '../queries'
import { promptTokens } from '../run/bill'
import { isWritten } from '../run/Runner'
import type { Role } from '../state/conversation'
import { imagesOf, takesImages } from '../state/images'
import { awaitsAnswer, type Lane } from '../state/playground'
import { problemOf } from '../state/problems'
import { useSignal } from '../state/signal'
import { useRunner } from './context'
import { DraftImages, ImageButton } from './DraftImages'
import { useAttaching } from './useAttaching'

const ROLES: Role[] = ['user', 'assistant', 'system']
const COMMAND_KEY = navigator.userAgent.includes('Mac') ? '⌘' : 'Ctrl'

/** Where the next message is written, and the call is run or stopped. */
export function Composer({ lanes }: { lanes: Lane[] }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const isRunning = Object.keys(useSignal(runner.runs)).length > 0
  const draft = useSignal(runner.draft)
  const { fault, attach, remove } = useAttaching()
  const { images = [] } = draft
  const models = useQuery(modelsQuery).data
  const lacksImages = models !== undefined && lanes.some((lane) => !takesImages(models.find((model) => model.id === lane.settings.model)))
  const unsound = lanes.map((lane) => problemOf(lane.settings)).find((one) => one !== null) ?? null
  const problem = unsound ?? (lacksImages && (images.length > 0 || lanes.some((lane) => imagesOf(lane).length > 0)) ? 'images' : null)
  const canAttach = models !== undefined && !lacksImages && draft.role === 'user'
  const canAdd = isWritten(draft)
  const canRun = !isRunning && problem === null && (canAdd || lanes.some(awaitsAnswer))
  const run = () => {
    if (canRun) runner.ask()
  }
  useShortcuts(run, runner.stop)

  return (
    <div className="border-t border-line bg-surface px-4 py-3">
      <div className="mx-auto grid max-w-3xl gap-2">
        <DraftImages images={images} fault={fault} onRemove={remove} />
        <textarea
          aria-label={texts.message}
          aria-keyshortcuts="Control+Enter Meta+Enter"
          placeholder={texts.messagePlaceholder}
          rows={1}
          value={draft.content}
          onChange={(event) => runner.draft.set({ ...draft, content: event.target.value })}
          onPaste={(event) => {
            const files = [...event.clipboardData.files]
            // Some programs put a picture of a text beside it.
            if (!canAttach || files.length === 0 || event.clipboardData.getData('text/plain')) return
            event.preventDefault()
            attach(files)
          }}
          className={clsx(CONTROL, 'field-sizing-content max-h-48 min-h-11 py-2.5')}
        />
        <div className="flex flex-wrap items-center gap-2">
          <select aria-label={texts.role} value={draft.role} disabled={images.length > 0} onChange={(event) => runner.draft.set({ ...draft, role: event.target.value as Role })} className={clsx(CONTROL, 'h-9 w-auto! px-2 text-sm')}>
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {texts.roles[one]}
              </option>
            ))}
          </select>
          {canAttach && <ImageButton onChoose={attach} />}
          <Button kind="quiet" size="small" className="min-h-9" title={texts.addHint} disabled={!canAdd} onClick={() => runner.say()}>
            {texts.add}
          </Button>
          <p className="order-last w-full text-xs text-muted tabular-nums sm:order-none sm:w-auto sm:flex-1">{problem === null ? <Size lanes={lanes} /> : <span className="text-warn">{texts.mend[problem]}</span>}</p>
          <p className="hidden text-xs text-muted md:block">{texts.keysHint(COMMAND_KEY)}</p>
          <Button kind={isRunning ? 'danger' : 'primary'} className="ml-auto min-w-24" aria-disabled={(!isRunning && !canRun) || undefined} onClick={isRunning ? () => runner.stop() : run}>
            {isRunning ? <Square aria-hidden className="size-4" /> : <Play aria-hidden className="size-4" />}
            {isRunning ? texts.stop : texts.run}
          </Button>
        </div>
      </div>
    </div>
  )
}

/** About how many tokens the next request has; where two differ, the larger one. */
function Size({ lanes }: { lanes: Lane[] }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const format = useFormats()
  const size = Math.max(0, ...lanes.map((lane) => promptTokens(runner.nextBody(lane)?.messages ?? [])))
  return size > 0 && texts.requestTokens(format.number(size))
}

/** Ctrl or Cmd with Enter runs, Escape stops, wherever on the page; what is open above the page takes its keys first. */
function useShortcuts(run: () => void, stop: () => void) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return
      if (event.key === 'Escape') stop()
      else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
}
