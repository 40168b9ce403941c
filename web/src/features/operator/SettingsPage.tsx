import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { SecretEntry, SettingEntry } from '@/shared/api/schemas'
import { TextField } from '@/shared/ui/Field'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { settingsQuery } from './queries'

export function SettingsPage() {
  const texts = useTexts().operator.settings
  const common = useTexts().common
  const query = useQuery(settingsQuery)
  const [sought, setSought] = useState('')
  const settings: Column<SettingEntry>[] = [
    {
      id: 'name',
      head: texts.name,
      cell: (one) => (
        <span className="grid">
          <code className="font-mono">{one.name}</code>
          <code className="font-mono text-xs text-muted">{one.variable}</code>
        </span>
      ),
    },
    { id: 'value', head: texts.value, cell: (one) => <code className={`block min-w-36 font-mono wrap-anywhere ${one.is_default ? 'text-muted' : 'font-semibold'}`}>{JSON.stringify(one.value)}</code> },
    { id: 'default', head: texts.default, cell: (one) => <code className="block min-w-28 font-mono wrap-anywhere text-muted">{one.is_required ? '' : JSON.stringify(one.default)}</code> },
    { id: 'description', head: texts.description, cell: (one) => <Meaning text={one.description} /> },
  ]
  const secrets: Column<SecretEntry>[] = [
    { id: 'variable', head: texts.name, cell: (one) => <code className="font-mono">{one.variable}</code> },
    { id: 'set', head: texts.isSet, cell: (one) => <Badge tone={one.is_set ? 'good' : 'plain'}>{one.is_set ? common.yes : common.no}</Badge> },
    { id: 'description', head: texts.description, cell: (one) => <Meaning text={one.description} /> },
  ]
  return (
    <Page title={texts.title} lead={texts.lead}>
      <TextField label={common.search} type="search" className="max-w-sm" value={sought} onChange={(event) => setSought(event.target.value)} />
      <Loaded query={query}>
        {(found) => (
          <div className="grid gap-6">
            <Table
              label={texts.title}
              columns={settings}
              rows={found.data.filter((one) => `${one.name} ${one.description}`.toLowerCase().includes(sought.trim().toLowerCase()))}
              rowKey={(one) => one.name}
            />
            <section className="grid gap-2">
              <h2 className="font-semibold">{texts.secrets}</h2>
              <Table label={texts.secrets} columns={secrets} rows={found.secrets} rowKey={(one) => one.variable} />
            </section>
          </div>
        )}
      </Loaded>
    </Page>
  )
}

/** What the server says of a setting, in English. */
function Meaning({ text }: { text: string }) {
  return (
    <span lang="en" className="block min-w-64">
      {text}
    </span>
  )
}
