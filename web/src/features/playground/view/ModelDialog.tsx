import clsx from 'clsx'
import { Check } from 'lucide-react'
import { useState } from 'react'
import type { ModelEntry } from '../state/model'
import { Dialog } from '@/shared/ui/Dialog'
import { TextField } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { ModelBadges, PriceLine } from './ModelFacts'

interface ModelDialogProps {
  isOpen: boolean
  onClose: () => void
  models: ModelEntry[]
  /** The id of the model that is chosen now. */
  chosen: string
  onChoose: (model: string) => void
}

export function ModelDialog({ isOpen, onClose, ...list }: ModelDialogProps) {
  const texts = useTexts().playground
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={texts.chooseModel}>
      <ModelList {...list} />
    </Dialog>
  )
}

function ModelList({ models, chosen, onChoose }: Omit<ModelDialogProps, 'isOpen' | 'onClose'>) {
  const texts = useTexts().playground
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const found = models.filter((model) => `${model.id} ${model.info.name} ${model.aliases.join(' ')}`.toLowerCase().includes(wanted)).sort(byReadiness)
  return (
    <div className="grid gap-3">
      <TextField label={texts.searchModels} type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
      <p role="status" className={found.length ? 'sr-only' : 'text-muted'}>
        {found.length ? texts.modelsFound(found.length) : texts.noModelFound}
      </p>
      <ul className="grid gap-2">
        {found.map((model) => (
          <li key={model.id}>
            <button
              type="button"
              aria-pressed={model.id === chosen}
              onClick={() => onChoose(model.id)}
              className={clsx('grid w-full gap-1 rounded-lg border px-3 py-2 text-left hover:bg-sunken', model.id === chosen ? 'border-accent' : 'border-line')}
            >
              <span className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{model.info.name}</span>
                <ModelBadges model={model} />
                {model.id === chosen && <Check aria-hidden className="ml-auto size-4 text-accent" />}
              </span>
              <span className="font-mono text-xs break-all text-muted">{model.id}</span>
              <span className="text-xs text-muted">
                <PriceLine model={model} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Those that can be called stand first. */
function byReadiness(one: ModelEntry, other: ModelEntry): number {
  return rank(one) - rank(other)
}

function rank(model: ModelEntry): number {
  return (model.info.servedBy ? 0 : 2) + (model.pricing ? 0 : 1)
}
