import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { Dialog } from '@/shared/ui/Dialog'
import { TextField } from '@/shared/ui/Field'
import { Loaded } from '@/shared/ui/Loaded'
import { FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { useRunner } from '../view/context'
import { presetCalls, presetsQuery } from './presetQueries'
import { PresetRow } from './PresetRow'
import { settingsToSave } from './presetSettings'

interface PresetsDialogProps {
  isOpen: boolean
  onClose: () => void
}

/** Saving the playground under a name, and the presets that there are. */
export function PresetsDialog({ isOpen, onClose }: PresetsDialogProps) {
  const texts = useTexts().playground
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={texts.presets} place="side">
      <p className="text-sm text-muted">{texts.presetsLead}</p>
      <SaveForm />
      <PresetRows onClose={onClose} />
    </Dialog>
  )
}

function PresetRows({ onClose }: { onClose: () => void }) {
  const texts = useTexts().playground
  const presets = useQuery(presetsQuery)
  return (
    <Loaded query={presets}>
      {(found) =>
        found.length === 0 ? (
          <p className="rounded-lg border border-dashed border-line px-4 py-6 text-center text-muted">{texts.noPresets}</p>
        ) : (
          <ul aria-label={texts.presets} className="grid grid-cols-[minmax(0,1fr)] gap-2">
            {found.map((preset) => (
              <PresetRow key={preset.id} preset={preset} onLoaded={onClose} />
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}

function SaveForm() {
  const texts = useTexts().playground
  const runner = useRunner()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const save = useMutation({
    mutationFn: () => {
      const playground = runner.playground.read()
      return presetCalls.create({ name, model: playground.lanes[0].settings.model, settings: settingsToSave(playground) })
    },
    onSuccess: async ({ name: saved }) => {
      setName('')
      runner.notice.set({ kind: 'saved', name: saved })
      await client.invalidateQueries({ queryKey: presetsQuery.queryKey })
    },
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit} className="grid gap-3">
      <div className="flex items-end gap-2">
        <TextField label={texts.savePreset} placeholder={texts.presetName} required maxLength={100} className="flex-1" value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" kind="primary" isBusy={save.isPending}>
          {texts.saveNew}
        </Button>
      </div>
      {save.error && <FailureNotice error={save.error} />}
    </form>
  )
}
