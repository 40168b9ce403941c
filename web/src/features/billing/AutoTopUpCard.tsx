import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AutoTopUpAnswer } from '@/shared/api/schemas'
import { Button } from '@/shared/ui/Button'
import { Checkbox, TextField } from '@/shared/ui/Field'
import { Loaded } from '@/shared/ui/Loaded'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { Card, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { AMOUNT_USD_MIN, detailQuery, moneyMoved, setAutoTopUp } from './queries'

export function AutoTopUpCard() {
  const texts = useTexts().billing
  const detail = useQuery(detailQuery)
  return (
    <Card title={texts.autoTopUp}>
      <Loaded query={detail} waiting={<Skeleton className="h-56" />}>
        {(found) => <AutoTopUpForm settings={found.autotopup_settings} />}
      </Loaded>
    </Card>
  )
}

function AutoTopUpForm({ settings }: { settings: AutoTopUpAnswer }) {
  const texts = useTexts()
  const client = useQueryClient()
  const [isEnabled, setEnabled] = useState(settings.is_enabled)
  // Both are zero until they are set once; a threshold of zero may be meant.
  const isSet = settings.amount > 0
  const [threshold, setThreshold] = useState(String(isSet ? settings.threshold : 5))
  const [amount, setAmount] = useState(String(isSet ? settings.amount : 20))
  const saving = useMutation({
    // Figures of what is switched off are not sent: they could be refused, and mean nothing.
    mutationFn: () => setAutoTopUp(isEnabled ? { is_enabled: true, threshold: Number(threshold), amount: Number(amount) } : { is_enabled: false }),
    onSuccess: () => client.invalidateQueries(moneyMoved),
  })
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate()
      }}
    >
      <Checkbox label={texts.billing.autoTopUpLabel} hint={texts.billing.autoTopUpHint} checked={isEnabled} onChange={(event) => setEnabled(event.target.checked)} />
      <div className="grid grid-cols-2 gap-3">
        <TextField label={texts.billing.threshold} type="number" min={0} step="0.01" required disabled={!isEnabled} value={threshold} onChange={(event) => setThreshold(event.target.value)} />
        <TextField label={texts.billing.addAmount} type="number" min={AMOUNT_USD_MIN} step="0.01" required disabled={!isEnabled} value={amount} onChange={(event) => setAmount(event.target.value)} />
      </div>
      {saving.error && <FailureNotice error={saving.error} />}
      {saving.isSuccess && <Notice tone="good">{texts.common.saved}</Notice>}
      <Button type="submit" isBusy={saving.isPending}>
        {texts.common.save}
      </Button>
    </form>
  )
}
