import { Chart } from '@/shared/charts/Chart'
import { CREDITS_PER_USD, useFormats } from '@/shared/lib/format'
import { LinkButton } from '@/shared/ui/Button'
import { Card, Empty, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import type { RecentUsage } from './useRecentUsage'

/** What each of the last thirty days cost. */
export function SpendChart({ recent }: { recent: RecentUsage }) {
  const texts = useTexts().home
  const format = useFormats()
  const days = recent.figures?.days
  return (
    <Card
      title={texts.chartTitle}
      actions={
        <LinkButton to="/usage" size="small">
          {texts.toUsage}
        </LinkButton>
      }
    >
      <div className="grid min-h-82 min-w-0">
        {!days && !recent.query.error && <Skeleton className="h-82" />}
        {days?.every((day) => day.credits === 0) && <Empty title={texts.chartNone}>{texts.chartNoneHint}</Empty>}
        {days?.some((day) => day.credits > 0) && (
          <Chart
            title={texts.chartTitle}
            rowsName={texts.chartDay}
            series={[{ id: 'spend', name: texts.chartSpend }]}
            rows={days.map(({ day, credits }) => ({ label: format.day(day), fullLabel: format.wholeDay(day), values: { spend: credits } }))}
            format={format.usd}
            formatShort={format.usdShort}
            unit={CREDITS_PER_USD}
          />
        )}
      </div>
    </Card>
  )
}
