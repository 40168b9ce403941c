import { useQuery } from '@tanstack/react-query'
import { ChevronsUpDown } from 'lucide-react'
import { useState } from 'react'
import { FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { modelsQuery } from '../queries'
import type { Lane } from '../state/playground'
import { useRunner } from './context'
import { ModelBadges, PriceLine } from './ModelFacts'
import { ModelDialog } from './ModelDialog'

/** Which model is chosen, what it costs and holds, and the way to another one. */
export function ModelButton({ lane, name }: { lane: Lane; name: string | null }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const models = useQuery(modelsQuery)
  const [isOpen, setOpen] = useState(false)
  const chosen = models.data?.find((model) => model.id === lane.settings.model)
  const shown = chosen?.info.name ?? (lane.settings.model || texts.chooseModel)
  return (
    <div className="grid min-w-0 flex-1 gap-0.5">
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        {name !== null && (
          <span aria-hidden className="grid size-6 shrink-0 place-items-center rounded-md bg-accent-soft text-xs font-semibold">
            {name}
          </span>
        )}
        <button
          type="button"
          aria-haspopup="dialog"
          aria-label={texts.modelOf(name === null ? shown : `${name} ${shown}`)}
          onClick={() => setOpen(true)}
          className="-ml-2 flex min-h-10 min-w-0 items-center gap-2 rounded-lg px-2 font-semibold hover:bg-sunken"
        >
          <span className="truncate">{shown}</span>
          <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
        </button>
        {chosen && <ModelBadges model={chosen} />}
      </div>
      <div className="min-h-5 text-xs text-muted">{chosen && <PriceLine model={chosen} />}</div>
      {models.error && <FailureNotice error={models.error} onRetry={() => void models.refetch()} />}
      {models.data && lane.settings.model && !chosen && <p className="text-sm text-warn">{texts.modelGone}</p>}
      <ModelDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        models={models.data ?? []}
        chosen={lane.settings.model}
        onChoose={(model) => {
          setOpen(false)
          runner.dispatch({ type: 'set', lane: lane.id, settings: { model } })
        }}
      />
    </div>
  )
}
