import { Bookmark, Code, Columns2, SquarePen } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { CodeDialog } from '../code/CodeDialog'
import { PresetsDialog } from '../presets/PresetsDialog'
import { useSignal } from '../state/signal'
import { useRunner } from './context'

/** The page's title, and what is done to the whole playground. */
export function Toolbar({ isComparing }: { isComparing: boolean }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const [opened, setOpened] = useState<'presets' | 'code' | null>(null)
  const clear = () => {
    runner.stop()
    runner.dispatch({ type: 'clear' })
  }
  const compare = () => {
    runner.stop()
    runner.dispatch({ type: 'compare', isOn: !isComparing })
  }
  return (
    <header className="grid gap-2 border-b border-line bg-surface px-4 py-2">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h1 className="mr-auto text-lg font-semibold tracking-tight">{texts.title}</h1>
        <Tool icon={<SquarePen aria-hidden className="size-4" />} label={texts.clear} onClick={clear} />
        <Tool icon={<Columns2 aria-hidden className="size-4" />} label={isComparing ? texts.endCompare : texts.compare} onClick={compare} isOn={isComparing} />
        <Tool icon={<Bookmark aria-hidden className="size-4" />} label={texts.presets} onClick={() => setOpened('presets')} />
        <Tool icon={<Code aria-hidden className="size-4" />} label={texts.code} onClick={() => setOpened('code')} />
      </div>
      <NoticeOfPresets />
      <PresetsDialog isOpen={opened === 'presets'} onClose={() => setOpened(null)} />
      <CodeDialog isOpen={opened === 'code'} onClose={() => setOpened(null)} />
    </header>
  )
}

interface ToolProps {
  icon: ReactNode
  label: string
  onClick: () => void
  isOn?: boolean
}

/** A button whose word is left out where there is little room. */
function Tool({ icon, label, onClick, isOn }: ToolProps) {
  return (
    <Button kind="quiet" size="small" className={`min-h-10 min-w-10 ${isOn ? 'bg-accent-soft' : ''}`} title={label} aria-label={label} onClick={onClick}>
      {icon}
      <span aria-hidden className="hidden md:inline">
        {label}
      </span>
    </Button>
  )
}

/** What became of a preset that was loaded or saved. */
function NoticeOfPresets() {
  const texts = useTexts().playground
  const notice = useSignal(useRunner().notice)
  return (
    <div role="status" className="text-sm text-muted empty:hidden">
      {notice?.kind === 'loaded' && texts.presetLoaded(notice.name)}
      {notice?.kind === 'saved' && texts.presetSaved(notice.name)}
      {notice?.kind === 'failed' && <FailureNotice error={notice.error} />}
    </div>
  )
}
