import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { TextField } from '@/shared/ui/Field'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { Card } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { moneyMoved, redeemCoupon } from './queries'

export function CouponCard() {
  const texts = useTexts().billing
  const format = useFormats()
  const client = useQueryClient()
  const [code, setCode] = useState('')
  const redeeming = useMutation({
    mutationFn: () => redeemCoupon(code.trim()),
    onSuccess: async () => {
      setCode('')
      await client.invalidateQueries(moneyMoved)
    },
  })
  return (
    <Card title={texts.coupon}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          redeeming.mutate()
        }}
      >
        <TextField label={texts.couponCode} autoComplete="off" spellCheck={false} required value={code} onChange={(event) => setCode(event.target.value)} />
        {redeeming.error && <FailureNotice error={redeeming.error} />}
        {redeeming.data && (
          <Notice tone="good">
            {texts.redeemed(format.usd(redeeming.data.credits), redeeming.data.expires_at === null ? null : format.date(redeeming.data.expires_at))}
          </Notice>
        )}
        <Button type="submit" isBusy={redeeming.isPending}>
          {texts.redeem}
        </Button>
      </form>
    </Card>
  )
}
