import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { CouponEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { CopyButton } from '@/shared/ui/Copy'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { PagedTable } from '@/shared/ui/PagedTable'
import { Switch } from '@/shared/ui/Switch'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { useChangeCoupon } from '../actions'
import { couponsQuery } from '../queries'
import { NewCouponDialog } from './NewCouponDialog'

export function CouponsPage() {
  const texts = useTexts().operator.coupons
  const query = useInfiniteQuery(couponsQuery)
  const [isCreating, setCreating] = useState(false)
  const changing = useChangeCoupon()
  const columns = useColumns()
  const enabled: Column<CouponEntry> = {
    id: 'enabled',
    head: texts.enabled,
    cell: (coupon) => (
      <Switch
        label={texts.enabledOf(coupon.code)}
        isOn={coupon.enabled}
        isBusy={changing.isPending && changing.variables.code === coupon.code}
        onChange={(isOn) => changing.mutate({ code: coupon.code, enabled: isOn })}
      />
    ),
  }
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
      {changing.error && <FailureNotice error={changing.error} />}
      <PagedTable label={texts.title} query={query} columns={[...columns, enabled]} rowKey={(coupon) => coupon.code} isDense />
      <NewCouponDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  )
}

function useColumns(): Column<CouponEntry>[] {
  const texts = useTexts().operator.coupons
  const format = useFormats()
  return [
    {
      id: 'code',
      head: texts.code,
      cell: (coupon) => (
        <span className="flex items-center gap-2">
          <code className="font-mono">{coupon.code}</code>
          <CopyButton text={coupon.code} label={texts.copyCode(coupon.code)} />
        </span>
      ),
      isWhole: true,
    },
    { id: 'state', head: texts.state, cell: (coupon) => <Badge tone={coupon.state === 'valid' ? 'good' : 'plain'}>{texts.states[coupon.state]}</Badge> },
    { id: 'worth', head: texts.worth, cell: (coupon) => format.usd(coupon.credits), isNumber: true },
    { id: 'uses', head: texts.uses, cell: (coupon) => (coupon.uses_max === null ? format.number(coupon.uses) : `${format.number(coupon.uses)} / ${format.number(coupon.uses_max)}`), isNumber: true },
    { id: 'until', head: texts.until, cell: (coupon) => (coupon.valid_until === null ? texts.forEver : format.moment(coupon.valid_until)), isWhole: true },
    { id: 'note', head: texts.note, cell: (coupon) => coupon.note },
  ]
}
