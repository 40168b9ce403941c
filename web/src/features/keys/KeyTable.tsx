import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { keysQuery } from '@/shared/api/queries'
import type { OwnersKey, OwnersKeyList } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { IconButton } from '@/shared/ui/Button'
import { Menu } from '@/shared/ui/Menu'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { Switch } from '@/shared/ui/Switch'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { DeleteKeyDialog } from './DeleteKeyDialog'
import type { Kind } from './draft'
import { EditKeyDialog } from './EditKeyDialog'
import { LimitBar } from './LimitBar'
import { changeKey } from './queries'

export function KeyTable({ kind, keys }: { kind: Kind; keys: OwnersKey[] }) {
  const texts = useTexts().keys
  const [edited, setEdited] = useState<OwnersKey | null>(null)
  const [deleted, setDeleted] = useState<OwnersKey | null>(null)
  const switching = useSwitching()
  const columns = useColumns(kind)
  const actions: Column<OwnersKey> = {
    id: 'actions',
    head: <span className="sr-only">{texts.actions}</span>,
    cell: (key) => (
      <Menu
        trigger={
          <IconButton label={texts.actionsOf(key.name ?? key.prefix)}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
        items={[
          { label: texts.edit, onSelect: () => setEdited(key) },
          { label: texts.delete, onSelect: () => setDeleted(key), isDangerous: true },
        ]}
      />
    ),
  }
  const enabled: Column<OwnersKey> = {
    id: 'enabled',
    head: texts.state,
    cell: (key) => (
      <span className="flex items-center gap-2">
        <Switch
          label={texts.enabledOf(key.name ?? key.prefix)}
          isOn={!key.disabled}
          isBusy={switching.isPending && switching.variables.prefix === key.prefix}
          onChange={(isOn) => switching.mutate({ prefix: key.prefix, disabled: !isOn })}
        />
        <span className="text-muted">{key.disabled ? texts.disabled : texts.enabled}</span>
      </span>
    ),
  }
  return (
    <div className="grid gap-4">
      {switching.error && <FailureNotice error={switching.error} />}
      <Table label={texts.kinds[kind]} columns={[...columns, enabled, actions]} rows={keys} rowKey={(key) => key.prefix} isDense />
      <EditKeyDialog edited={edited} onClose={() => setEdited(null)} />
      <DeleteKeyDialog deleted={deleted} onClose={() => setDeleted(null)} />
    </div>
  )
}

function useColumns(kind: Kind): Column<OwnersKey>[] {
  const texts = useTexts().keys
  const format = useFormats()
  const columns: Column<OwnersKey>[] = [
    {
      id: 'name',
      head: texts.name,
      cell: (key) => (
        <span className="grid">
          <span className="max-w-56 min-w-24 truncate font-medium" title={key.name ?? undefined}>{key.name ?? texts.unnamed}</span>
          <code className="font-mono text-xs text-muted">{key.prefix}…</code>
        </span>
      ),
    },
    { id: 'used', head: texts.lastUsed, cell: (key) => (key.last_used_at === null ? texts.never : format.ago(key.last_used_at)), isWhole: true },
  ]
  if (kind === 'management') return columns
  return [
    ...columns,
    { id: 'month', head: texts.thisMonth, cell: (key) => format.dollars(key.monthly_usage), isNumber: true },
    { id: 'limit', head: texts.limitHead, cell: (key) => (key.limit === null ? <span className="text-muted">{texts.noLimit}</span> : <LimitBar limit={key.limit} />) },
    {
      id: 'scopes',
      head: texts.scopes,
      cell: (key) =>
        key.scopes === null ? (
          <span className="text-muted">{texts.everything}</span>
        ) : (
          <span className="flex max-w-48 flex-wrap gap-1">
            {key.scopes.map((scope) => (
              <Badge key={scope}>{scope}</Badge>
            ))}
          </span>
        ),
    },
  ]
}

/** Switches a key on and off; the page shows it at once, and takes it back when the server refuses. */
function useSwitching() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ prefix, disabled }: { prefix: string; disabled: boolean }) => changeKey(prefix, { disabled }),
    onMutate: async ({ prefix, disabled }) => {
      await client.cancelQueries({ queryKey: keysQuery.queryKey })
      const before = client.getQueryData(keysQuery.queryKey)
      client.setQueryData(keysQuery.queryKey, (list: OwnersKeyList | undefined) => list && { data: list.data.map((key) => (key.prefix === prefix ? { ...key, disabled } : key)) })
      return before
    },
    onError: (_error, _change, before) => client.setQueryData(keysQuery.queryKey, before),
    onSettled: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
}
