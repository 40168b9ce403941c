import { useTimeZone } from '@/shared/lib/timeZone'
import { LinkButton } from '@/shared/ui/Button'
import { Page } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { AutoTopUpCard } from './AutoTopUpCard'
import { BalanceCard } from './BalanceCard'
import { CouponCard } from './CouponCard'
import { presentMonth } from './months'
import { TopUpCard } from './TopUpCard'
import { TransactionsCard } from './TransactionsCard'

export function BillingPage() {
  const texts = useTexts().billing
  const month = presentMonth(useTimeZone())
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
      <BalanceCard />
      <div className="grid gap-6 lg:grid-cols-3">
        <TopUpCard />
        <CouponCard />
        <AutoTopUpCard />
      </div>
      <TransactionsCard />
    </Page>
  )
}
