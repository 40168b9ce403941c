import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { balanceQuery } from '@/shared/api/queries'
import { useFormats } from '@/shared/lib/format'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { Skeleton, Stat } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { BillingLink } from './BillingLink'
import type { RecentUsage } from './useRecentUsage'

const TONES = { current: 'good', low: 'warn', past_due: 'bad', exhausted: 'bad' } as const
const NUMBER = <Skeleton className="h-8 w-24" />
const NOTE = <Skeleton className="h-5 w-32" />

/** The balance, what was spent, and how calls went. */
export function Figures({ recent }: { recent: RecentUsage }) {
  const texts = useTexts().home
  const { states } = useTexts().billing
  const format = useFormats()
  const balance = useQuery(balanceQuery)
  const { figures, query } = recent
  const error = balance.error ?? query.error
  const retry = () => {
    void balance.refetch()
    void query.refetch()
  }
  const credits = (count: number | undefined): ReactNode => (count === undefined ? NOTE : texts.credits(format.credits(count)))
  return (
    <>
      {error && <FailureNotice error={error} onRetry={retry} />}
      <dl className="grid grid-cols-1 gap-3 min-[26rem]:grid-cols-2 xl:grid-cols-4">
        <Stat
          label={
            <span className="flex items-center justify-between gap-2">
              {texts.balance}
              {balance.data && balance.data.status !== 'current' && <Badge tone={TONES[balance.data.status]}>{states[balance.data.status]}</Badge>}
            </span>
          }
          value={balance.data ? format.usd(balance.data.balance) : NUMBER}
          note={
            <span className="flex items-baseline justify-between gap-2">
              {credits(balance.data?.balance)}
              <BillingLink>{texts.toBilling}</BillingLink>
            </span>
          }
        />
        <Stat label={texts.today} value={figures ? format.usd(figures.today.credits) : NUMBER} note={credits(figures?.today.credits)} />
        <Stat label={texts.month} value={figures ? format.usd(figures.month.credits) : NUMBER} note={credits(figures?.month.credits)} />
        <Stat label={texts.requests} value={figures ? format.number(figures.month.requests) : NUMBER} note={figures ? <Failures figures={figures} /> : NOTE} />
      </dl>
    </>
  )
}

function Failures({ figures }: { figures: NonNullable<RecentUsage['figures']> }) {
  const texts = useTexts().home
  const format = useFormats()
  const { requests, failed } = figures.month
  const failures = failed === 0 ? texts.noneFailed : texts.failedOf(format.number(failed), format.percent(failed / requests))
  return (
    <>
      {failures} · {texts.requestsToday(format.number(figures.today.requests))}
    </>
  )
}
