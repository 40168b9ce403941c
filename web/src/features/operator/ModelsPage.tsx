import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { OperatorModel } from '@/shared/api/schemas'
import { ConfirmDialog } from '@/shared/ui/Dialog'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { Switch } from '@/shared/ui/Switch'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { useSwitchModel } from './actions'
import { modelsQuery } from './queries'

const TONES: Record<OperatorModel['state'], 'good' | 'warn' | 'plain'> = { available: 'good', deprecated: 'warn', disabled: 'plain', unpriced: 'warn', unserved: 'warn' }

export function ModelsPage() {
  const texts = useTexts().operator.models
  const query = useQuery(modelsQuery)
  const switching = useSwitchModel()
  const [stopped, setStopped] = useState<OperatorModel | null>(null)
  const columns: Column<OperatorModel>[] = [
    {
      id: 'model',
      head: texts.model,
      cell: (model) => (
        <span className="grid">
          <span className="font-medium">{model.name}</span>
          <code className="font-mono text-xs text-muted">{model.id}</code>
        </span>
      ),
    },
    { id: 'state', head: texts.state, cell: (model) => <Badge tone={TONES[model.state]}>{texts.states[model.state]}</Badge> },
    { id: 'upstream', head: texts.servedBy, cell: (model) => (model.served_by === null ? texts.nobody : `${model.served_by}${model.is_stand_in ? ` (${texts.standIn})` : ''}`) },
    { id: 'next', head: texts.successor, cell: (model) => model.successor ?? '' },
    {
      id: 'enabled',
      head: texts.enabled,
      cell: (model) => (
        <Switch
          label={texts.enabledOf(model.name)}
          isOn={model.enabled}
          isBusy={switching.isPending && switching.variables.id === model.id}
          onChange={(enabled) => (enabled ? switching.mutate({ id: model.id, enabled }) : setStopped(model))}
        />
      ),
    },
  ]
  return (
    <Page title={texts.title} lead={texts.lead}>
      {switching.error && !stopped && <FailureNotice error={switching.error} />}
      <Loaded query={query}>{({ data }) => <Table label={texts.title} columns={columns} rows={data} rowKey={(model) => model.id} />}</Loaded>
      <ConfirmDialog
        isOpen={stopped !== null}
        onClose={() => {
          switching.reset()
          setStopped(null)
        }}
        title={texts.disableTitle(stopped?.name ?? '')}
        action={texts.disable}
        isBusy={switching.isPending}
        error={switching.error}
        onConfirm={() => {
          if (stopped) switching.mutate({ id: stopped.id, enabled: false }, { onSuccess: () => setStopped(null) })
        }}
      >
        <p>{texts.disableWarning}</p>
      </ConfirmDialog>
    </Page>
  )
}
