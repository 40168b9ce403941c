import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { doorQuery } from '@/shared/lib/session'
import { useTimeZone } from '@/shared/lib/timeZone'
import { LinkButton } from '@/shared/ui/Button'
import { Notice } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { AutoTopUpCard } from './AutoTopUpCard'
import { BalanceCard } from './BalanceCard'
import { CouponCard } from './CouponCard'
import { LowBalanceCard } from './LowBalanceCard'
import { presentMonth } from './months'
import { TopUpCard } from './TopUpCard'
import { TransactionsCard } from './TransactionsCard'
import { useAwaitedMoney } from './useAwaitedMoney'

const route = getRouteApi('/signed-in/billing')

export function BillingPage() {
  const texts = useTexts().billing
  const month = presentMonth(useTimeZone())
  const { payment } = route.useSearch()
  const takesPayments = useQuery(doorQuery).data?.payments ?? false
  useAwaitedMoney(payment !== undefined)
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <LinkButton to="/billing/statement/$month" params={{ month }}>
          {texts.toStatement}
        </LinkButton>
      }
    >
      {!takesPayments && <Notice>{texts.noPayments}</Notice>}
      {payment !== undefined && <Notice>{texts.returned}</Notice>}
      <BalanceCard />
      <div className="grid gap-6 md:grid-cols-2">
        {takesPayments && <TopUpCard />}
        <CouponCard />
        {takesPayments && <AutoTopUpCard />}
        <LowBalanceCard />
      </div>
      <TransactionsCard />
    </Page>
  )
}
