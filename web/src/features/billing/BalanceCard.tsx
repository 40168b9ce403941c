import { useQuery } from '@tanstack/react-query'
import { balanceQuery } from '@/shared/api/queries'
import type { BalanceStatus } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge } from '@/shared/ui/Notice'
import { Card, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'

const TONES: Record<BalanceStatus, 'good' | 'warn' | 'bad'> = { current: 'good', low: 'warn', past_due: 'bad', exhausted: 'bad' }

export function BalanceCard() {
  const texts = useTexts().billing
  const format = useFormats()
  const balance = useQuery(balanceQuery)
  return (
    <Card title={texts.balance}>
      <Loaded query={balance} waiting={<Skeleton className="h-16" />}>
        {(plan) => (
          <div className="flex min-h-16 flex-wrap items-center justify-between gap-4">
            <p>
              <span className="text-3xl font-semibold tracking-tight tabular-nums">{format.usd(plan.balance)}</span>
              <span className="block text-muted tabular-nums">{texts.credits(format.credits(plan.balance))}</span>
            </p>
            <div className="grid max-w-md justify-items-start gap-1">
              <Badge tone={TONES[plan.status]}>{texts.states[plan.status]}</Badge>
              <p className="text-sm text-muted">{texts.explanations[plan.status](format.usd(plan.lowBalanceThreshold))}</p>
            </div>
          </div>
        )}
      </Loaded>
    </Card>
  )
}
