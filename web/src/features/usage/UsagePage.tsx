import { useIsFetching, useQuery, useQueryClient } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Card, Page, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { ChartCard } from './ChartCard'
import { LogCard } from './LogCard'
import { detailQuery, USAGE } from './queries'
import { ReceiptDialog } from './ReceiptDialog'
import { Toolbar } from './Toolbar'
import { Totals, TotalsWaiting } from './Totals'
import { useUsed } from './useUsed'
import { useUsageSearch } from './useUsageSearch'

export function UsagePage() {
  const texts = useTexts().usage
  const { search, zone, window, change } = useUsageSearch()
  const { by = 'total', measure = 'spend' } = search
  const usage = useQuery(detailQuery(window, zone, by, search.key))
  const used = useUsed(window)
  return (
    <Page title={texts.title} lead={texts.lead} actions={<RefreshButton />}>
      <Toolbar used={used} />
      <Loaded query={usage} waiting={<Waiting isBrokenDown={by !== 'total'} />}>
        {(asked) => (
          <>
            <Totals usage={asked.detail} />
            <ChartCard usage={asked} by={by} measure={measure} isStale={usage.isPlaceholderData} onChoose={change} />
          </>
        )}
      </Loaded>
      <LogCard used={used} />
      <ReceiptDialog call={search.call} zone={zone} keyName={used.nameOf} onClose={() => change({ call: undefined })} />
    </Page>
  )
}

function Waiting({ isBrokenDown }: { isBrokenDown: boolean }) {
  const texts = useTexts().usage
  return (
    <>
      <TotalsWaiting />
      <Card title={texts.chartTitle}>
        <Skeleton className={isBrokenDown ? 'h-180' : 'h-95'} />
      </Card>
    </>
  )
}

function RefreshButton() {
  const texts = useTexts().usage
  const client = useQueryClient()
  const isFetching = useIsFetching({ queryKey: [USAGE] }) > 0
  return (
    <Button isBusy={isFetching} onClick={() => void client.invalidateQueries({ queryKey: [USAGE] })}>
      {!isFetching && <RefreshCw aria-hidden className="size-4" />}
      {texts.refresh}
    </Button>
  )
}
