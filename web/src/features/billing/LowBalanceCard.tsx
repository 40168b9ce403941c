import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { LowBalanceAnswer } from '@/shared/api/schemas'
import { CREDITS_PER_USD, useFormats } from '@/shared/lib/format'
import { useTimeZone } from '@/shared/lib/timeZone'
import { Button } from '@/shared/ui/Button'
import { Checkbox, TextField } from '@/shared/ui/Field'
import { Loaded } from '@/shared/ui/Loaded'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { Card, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { lowBalanceNotice } from './lowBalanceNotice'
import { lowBalanceQuery, setLowBalanceNotice } from './queries'

const FIRST_USD = '5'

/** Has its owner told by mail when the balance falls below an amount. */
export function LowBalanceCard() {
  const texts = useTexts().billing
  const notice = useQuery(lowBalanceQuery)
  return (
    <Card title={texts.lowBalance}>
      <Loaded query={notice} waiting={<Skeleton className="h-56" />}>
        {(found) => (found.mail ? <LowBalanceForm present={found} /> : <p className="text-muted">{texts.lowBalanceNoMail}</p>)}
      </Loaded>
    </Card>
  )
}

function LowBalanceForm({ present }: { present: LowBalanceAnswer }) {
  const texts = useTexts()
  const format = useFormats()
  const zone = useTimeZone()
  const client = useQueryClient()
  const [isOn, setOn] = useState(present.threshold_credits !== null)
  const [usd, setUsd] = useState(present.threshold_credits === null ? FIRST_USD : String(present.threshold_credits / CREDITS_PER_USD))
  const saving = useMutation({
    mutationFn: () => setLowBalanceNotice(lowBalanceNotice(isOn, usd)),
    onSuccess: (saved) => client.setQueryData(lowBalanceQuery.queryKey, saved),
  })
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate()
      }}
    >
      <Checkbox label={texts.billing.lowBalanceLabel} hint={texts.billing.lowBalanceHint} checked={isOn} onChange={(event) => setOn(event.target.checked)} />
      <TextField label={texts.billing.threshold} type="number" min={1 / CREDITS_PER_USD} step="any" required disabled={!isOn} value={usd} onChange={(event) => setUsd(event.target.value)} />
      {present.low_since !== null && <Notice tone="warn">{texts.billing.lowSince(format.moment(present.low_since, zone))}</Notice>}
      {saving.error && <FailureNotice error={saving.error} />}
      {saving.isSuccess && <Notice tone="good">{texts.common.saved}</Notice>}
      <Button type="submit" isBusy={saving.isPending}>
        {texts.common.save}
      </Button>
    </form>
  )
}
