import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link2, Link2Off, Pencil, Save, Trash2 } from 'lucide-react'
import { type SyntheticEvent, useState } from 'react'
import type { PresetEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button, IconButton } from '@/shared/ui/Button'
import { CopyButton } from '@/shared/ui/Copy'
import { ConfirmDialog } from '@/shared/ui/Dialog'
import { TextField } from '@/shared/ui/Field'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { useRunner } from '../view/context'
import { linkOf, presetCalls, presetsQuery } from './presetQueries'
import { playgroundOf, settingsToSave } from './presetSettings'

interface PresetRowProps {
  preset: PresetEntry
  onLoaded: () => void
}

/** One preset, with all that can be done to it. */
export function PresetRow({ preset, onLoaded }: PresetRowProps) {
  const all = useTexts()
  const texts = all.playground
  const format = useFormats()
  const runner = useRunner()
  const [isRenaming, setRenaming] = useState(false)
  const [isDeleting, setDeleting] = useState(false)
  const overwrite = useChange(() => {
    const playground = runner.playground.read()
    return presetCalls.change(preset.id, { model: playground.lanes[0].settings.model, settings: settingsToSave(playground) })
  })
  const share = useChange(() => (preset.share_token === null ? presetCalls.share(preset.id) : presetCalls.unshare(preset.id)))
  const remove = useChange(() => presetCalls.remove(preset.id))
  const load = () => {
    runner.load(playgroundOf(preset.model, preset.settings))
    runner.notice.set({ kind: 'loaded', name: preset.name })
    onLoaded()
  }
  const error = overwrite.error ?? share.error
  const isShared = preset.share_token !== null
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-2 rounded-lg border border-line p-3">
      <div className="flex flex-wrap items-start gap-x-2">
        <div className="min-w-0 flex-1 basis-48">
          <p className="flex flex-wrap items-center gap-2 font-medium break-words">
            {preset.name} {isShared && <Badge tone="info">{texts.shared}</Badge>}
          </p>
          <p className="text-xs break-words text-muted">
            {preset.model} · {texts.changedAt(format.ago(preset.updated_at))}
          </p>
        </div>
        <Button size="small" aria-label={texts.loadPreset(preset.name)} onClick={load}>
          {texts.load}
        </Button>
      </div>
      <div role="group" aria-label={texts.presetActions(preset.name)} className="-ml-2 flex">
        <IconButton label={texts.overwrite} isBusy={overwrite.isPending} onClick={() => overwrite.mutate()}>
          {!overwrite.isPending && <Save aria-hidden className="size-4" />}
        </IconButton>
        <IconButton label={isShared ? texts.unshare : texts.share} isBusy={share.isPending} onClick={() => share.mutate()}>
          {!share.isPending && (isShared ? <Link2Off aria-hidden className="size-4" /> : <Link2 aria-hidden className="size-4" />)}
        </IconButton>
        <IconButton label={texts.rename} aria-expanded={isRenaming} onClick={() => setRenaming(!isRenaming)}>
          <Pencil aria-hidden className="size-4" />
        </IconButton>
        <IconButton label={all.common.delete} onClick={() => setDeleting(true)}>
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      </div>
      {isRenaming && <RenameForm preset={preset} onDone={() => setRenaming(false)} />}
      {preset.share_token !== null && <SharedLink token={preset.share_token} />}
      {error && <FailureNotice error={error} />}
      <ConfirmDialog
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        title={texts.deletePreset(preset.name)}
        action={all.common.delete}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
      >
        {isShared && <p>{texts.deletePresetNote}</p>}
      </ConfirmDialog>
    </li>
  )
}

/** A change to presets, after which the list is asked for anew. */
function useChange<T>(call: () => Promise<T>) {
  const client = useQueryClient()
  return useMutation({ mutationFn: call, onSuccess: () => client.invalidateQueries({ queryKey: presetsQuery.queryKey }) })
}

function SharedLink({ token }: { token: string }) {
  const texts = useTexts().playground
  const link = linkOf(token)
  return (
    <div className="grid gap-1">
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 truncate rounded-md bg-sunken px-2 py-1 text-xs">{link}</code>
        <CopyButton text={link} />
      </div>
      <p className="text-xs text-muted">{texts.sharedLink}</p>
    </div>
  )
}

function RenameForm({ preset, onDone }: { preset: PresetEntry; onDone: () => void }) {
  const texts = useTexts()
  const [name, setName] = useState(preset.name)
  const rename = useChange(() => presetCalls.change(preset.id, { name }))
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    rename.mutate(undefined, { onSuccess: onDone })
  }
  return (
    <form onSubmit={submit} className="grid gap-2">
      <div className="flex items-end gap-2">
        <TextField label={texts.playground.renameTitle(preset.name)} required maxLength={100} className="flex-1" value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" isBusy={rename.isPending}>
          {texts.common.save}
        </Button>
      </div>
      {rename.error && <FailureNotice error={rename.error} />}
    </form>
  )
}
