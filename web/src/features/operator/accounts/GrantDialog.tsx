import { useState } from 'react'
import type { AccountEntry, GrantType } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Dialog } from '@/shared/ui/Dialog'
import { SelectField, TextField } from '@/shared/ui/Field'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { useGrant } from '../actions'

const TYPES: GrantType[] = ['BONUS', 'ADJUSTMENT', 'PAYMENT', 'INIT']

export function GrantDialog({ account, onClose }: { account: AccountEntry | null; onClose: () => void }) {
  const texts = useTexts().operator.accounts
  return (
    <Dialog isOpen={account !== null} onClose={onClose} title={texts.grantTo(account?.email ?? '')}>
      {account && <GrantForm account={account} />}
    </Dialog>
  )
}

function GrantForm({ account }: { account: AccountEntry }) {
  const texts = useTexts().operator.accounts
  const types = useTexts().billing.types
  const format = useFormats()
  const [type, setType] = useState<GrantType>('BONUS')
  const [usd, setUsd] = useState('')
  const [reference, setReference] = useState('')
  const granting = useGrant(account.id)
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        // The amount is taken out of the form, so that a second press does not grant it again.
        granting.mutate({ type, usd: Number(usd), ...(reference.trim() !== '' && { reference: reference.trim() }) }, { onSuccess: () => setUsd('') })
      }}
    >
      <SelectField label={texts.grantType} value={type} onChange={(event) => setType(event.target.value as GrantType)}>
        {TYPES.map((one) => (
          <option key={one} value={one}>
            {types[one]}
          </option>
        ))}
      </SelectField>
      <TextField label={texts.grantUsd} hint={texts.grantUsdHint} type="number" step="any" required value={usd} onChange={(event) => setUsd(event.target.value)} />
      <TextField label={texts.reference} hint={texts.referenceHint} isOptional value={reference} onChange={(event) => setReference(event.target.value)} />
      {granting.error && <FailureNotice error={granting.error} />}
      {granting.data && <Notice tone="good">{texts.granted(format.usd(granting.data.movement.credits), format.usd(granting.data.balance_credits))}</Notice>}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" isBusy={granting.isPending}>
          {texts.grant}
        </Button>
      </div>
    </form>
  )
}
