import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PaymentEntry, PaymentStatus } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { ConfirmDialog } from '@/shared/ui/Dialog'
import { Badge } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { PagedTable } from '@/shared/ui/PagedTable'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { useRefund } from './actions'
import { paymentsQuery } from './queries'

const REFUNDABLE: PaymentStatus[] = ['paid', 'partially_refunded']

export function PaymentsPage() {
  const texts = useTexts().operator.payments
  const format = useFormats()
  const query = useInfiniteQuery(paymentsQuery)
  const refunding = useRefund()
  const [refunded, setRefunded] = useState<PaymentEntry | null>(null)
  const left = (payment: PaymentEntry) => payment.amount - payment.refunded
  const columns: Column<PaymentEntry>[] = [
    { id: 'when', head: texts.when, cell: (payment) => format.moment(payment.created_at), isWhole: true },
    { id: 'account', head: texts.account, cell: (payment) => payment.account_id, isNumber: true },
    { id: 'kind', head: texts.kind, cell: (payment) => texts.kinds[payment.kind] },
    { id: 'status', head: texts.status, cell: (payment) => <Badge tone={payment.status === 'failed' ? 'bad' : 'plain'}>{texts.statuses[payment.status]}</Badge> },
    { id: 'amount', head: texts.amount, cell: (payment) => format.dollars(payment.amount), isNumber: true },
    { id: 'refunded', head: texts.refunded, cell: (payment) => format.dollars(payment.refunded), isNumber: true },
    { id: 'id', head: texts.id, cell: (payment) => <code className="font-mono text-xs">{payment.id}</code> },
    {
      id: 'refund',
      head: <span className="sr-only">{texts.refund}</span>,
      cell: (payment) =>
        REFUNDABLE.includes(payment.status) && left(payment) > 0 ? (
          <Button size="small" kind="danger" onClick={() => setRefunded(payment)}>
            {texts.refund}
          </Button>
        ) : null,
    },
  ]
  return (
    <Page title={texts.title} lead={texts.lead}>
      <PagedTable label={texts.title} query={query} columns={columns} rowKey={(payment) => payment.id} />
      <ConfirmDialog
        isOpen={refunded !== null}
        onClose={() => {
          // What went wrong with one payment says nothing of the next one.
          refunding.reset()
          setRefunded(null)
        }}
        title={texts.refundTitle}
        action={texts.refund}
        isBusy={refunding.isPending}
        error={refunding.error}
        onConfirm={() => {
          if (refunded) refunding.mutate({ id: refunded.id, amount: null }, { onSuccess: () => setRefunded(null) })
        }}
      >
        <p>{texts.refundWarning(refunded ? format.dollars(left(refunded)) : '')}</p>
      </ConfirmDialog>
    </Page>
  )
}
