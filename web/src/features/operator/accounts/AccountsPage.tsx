import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { useSignedIn } from '@/shared/lib/session'
import { useSettled } from '@/shared/lib/useSettled'
import { Button } from '@/shared/ui/Button'
import { ConfirmDialog } from '@/shared/ui/Dialog'
import { TextField } from '@/shared/ui/Field'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { PagedTable } from '@/shared/ui/PagedTable'
import { Switch } from '@/shared/ui/Switch'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { useChangeAccount } from '../actions'
import { accountsQuery } from '../queries'
import { GrantDialog } from './GrantDialog'
import { NewAccountDialog } from './NewAccountDialog'

export function AccountsPage() {
  const texts = useTexts().operator.accounts
  const [email, setEmail] = useState('')
  const query = useInfiniteQuery(accountsQuery(useSettled(email.trim())))
  const [isCreating, setCreating] = useState(false)
  const [granted, setGranted] = useState<AccountEntry | null>(null)
  const [disabled, setDisabled] = useState<AccountEntry | null>(null)
  const changing = useChangeAccount()
  const columns = useColumns()
  const all: Column<AccountEntry>[] = [
    ...columns,
    { id: 'enabled', head: texts.enabled, cell: (account) => <AccountSwitch account={account} changing={changing} onDisable={() => setDisabled(account)} /> },
    {
      id: 'grant',
      head: <span className="sr-only">{texts.grant}</span>,
      cell: (account) => (
        <Button size="small" onClick={() => setGranted(account)}>
          {texts.grant}
        </Button>
      ),
    },
  ]
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <Button kind="primary" onClick={() => setCreating(true)}>
          {texts.create}
        </Button>
      }
    >
      <TextField label={texts.search} type="search" className="max-w-sm" value={email} onChange={(event) => setEmail(event.target.value)} />
      {changing.error && !disabled && <FailureNotice error={changing.error} />}
      <PagedTable label={texts.title} query={query} columns={all} rowKey={(account) => account.id} />
      <NewAccountDialog isOpen={isCreating} onClose={() => setCreating(false)} />
      <GrantDialog account={granted} onClose={() => setGranted(null)} />
      <ConfirmDialog
        isOpen={disabled !== null}
        onClose={() => {
          changing.reset()
          setDisabled(null)
        }}
        title={texts.disableTitle(disabled?.email ?? '')}
        action={texts.disable}
        isBusy={changing.isPending}
        error={changing.error}
        onConfirm={() => {
          if (disabled) changing.mutate({ id: disabled.id, status: 'disabled' }, { onSuccess: () => setDisabled(null) })
        }}
      >
        <p>{texts.disableWarning}</p>
      </ConfirmDialog>
    </Page>
  )
}

interface AccountSwitchProps {
  account: AccountEntry
  changing: ReturnType<typeof useChangeAccount>
  onDisable: () => void
}

function AccountSwitch({ account, changing, onDisable }: AccountSwitchProps) {
  const texts = useTexts().operator.accounts
  const isOwn = useSignedIn().account_id === account.id
  // Nobody can lock themselves out here.
  if (isOwn) return <Badge tone="good">{texts.you}</Badge>
  return (
    <Switch
      label={texts.enabledOf(account.email)}
      isOn={account.status === 'active'}
      isBusy={changing.isPending && changing.variables.id === account.id}
      onChange={(isOn) => (isOn ? changing.mutate({ id: account.id, status: 'active' }) : onDisable())}
    />
  )
}

function useColumns(): Column<AccountEntry>[] {
  const texts = useTexts().operator.accounts
  const format = useFormats()
  return [
    { id: 'id', head: texts.id, cell: (account) => account.id, isNumber: true },
    {
      id: 'email',
      head: texts.email,
      cell: (account) => (
        <span className="flex items-center gap-2">
          {account.email}
          {account.is_operator && <Badge tone="info">{texts.operator}</Badge>}
        </span>
      ),
    },
    { id: 'created', head: texts.created, cell: (account) => format.date(account.created_at), isWhole: true },
    { id: 'balance', head: texts.balance, cell: (account) => format.usd(account.balance_credits), isNumber: true },
    { id: 'held', head: texts.held, cell: (account) => format.usd(account.held_credits), isNumber: true },
  ]
}
