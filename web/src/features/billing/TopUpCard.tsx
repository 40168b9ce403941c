import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Checkbox, TextField } from '@/shared/ui/Field'
import { FailureNotice } from '@/shared/ui/Notice'
import { Card } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { AMOUNT_USD_MIN, beginCheckout } from './queries'

const AMOUNTS = [10, 25, 100]

/** Leads to the payment provider's page; the credits come once it has the money. */
export function TopUpCard() {
  const texts = useTexts().billing
  const format = useFormats()
  const [amount, setAmount] = useState('25')
  const [savesMethod, setSavesMethod] = useState(false)
  const paying = useMutation({
    mutationFn: () => beginCheckout(Number(amount), savesMethod),
    onSuccess: ({ url }) => location.assign(url),
  })
  const { reset } = paying
  useEffect(() => {
    // The browser's way back may show this page as it was left, with a payment under way that is not any more.
    const again = (event: PageTransitionEvent) => {
      if (event.persisted) reset()
    }
    window.addEventListener('pageshow', again)
    return () => window.removeEventListener('pageshow', again)
  }, [reset])
  return (
    <Card title={texts.topUp}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          paying.mutate()
        }}
      >
        <div className="flex flex-wrap gap-2" role="group" aria-label={texts.amounts}>
          {AMOUNTS.map((one) => (
            <Button key={one} size="small" aria-pressed={amount === String(one)} onClick={() => setAmount(String(one))}>
              {format.dollars(one)}
            </Button>
          ))}
        </div>
        <TextField label={texts.amount} type="number" min={AMOUNT_USD_MIN} step="0.01" required value={amount} onChange={(event) => setAmount(event.target.value)} />
        <Checkbox label={texts.saveMethod} checked={savesMethod} onChange={(event) => setSavesMethod(event.target.checked)} />
        {paying.error && <FailureNotice error={paying.error} />}
        <Button kind="primary" type="submit" isBusy={paying.isPending || paying.isSuccess}>
          {texts.pay}
        </Button>
      </form>
    </Card>
  )
}
