import { useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { Dialog } from '@/shared/ui/Dialog'
import { TextField } from '@/shared/ui/Field'
import { FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { useCreateCoupon } from '../actions'
import { couponBody, EMPTY_COUPON } from './couponBody'

export function NewCouponDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const texts = useTexts().operator.coupons
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={texts.create}>
      <NewCouponForm onClose={onClose} />
    </Dialog>
  )
}

function NewCouponForm({ onClose }: { onClose: () => void }) {
  const texts = useTexts().operator.coupons
  const [draft, setDraft] = useState(EMPTY_COUPON)
  const creating = useCreateCoupon()
  const change = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part })
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        creating.mutate(couponBody(draft), { onSuccess: onClose })
      }}
    >
      <TextField label={texts.code} hint={texts.codeHint} isOptional autoComplete="off" value={draft.code} onChange={(event) => change({ code: event.target.value })} />
      <TextField label={texts.worthUsd} type="number" min={0} step="any" required value={draft.usd} onChange={(event) => change({ usd: event.target.value })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label={texts.usesMax} type="number" min={1} isOptional value={draft.usesMax} onChange={(event) => change({ usesMax: event.target.value })} />
        <TextField label={texts.lastDays} type="number" min={1} isOptional value={draft.lastDays} onChange={(event) => change({ lastDays: event.target.value })} />
      </div>
      <TextField label={texts.until} type="datetime-local" isOptional value={draft.until} onChange={(event) => change({ until: event.target.value })} />
      <TextField label={texts.note} isOptional value={draft.note} onChange={(event) => change({ note: event.target.value })} />
      {creating.error && <FailureNotice error={creating.error} />}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" isBusy={creating.isPending}>
          {texts.create}
        </Button>
      </div>
    </form>
  )
}
