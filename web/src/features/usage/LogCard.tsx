import { useInfiniteQuery } from '@tanstack/react-query'
import clsx from 'clsx'
import { Download } from 'lucide-react'
import { useFormats } from '@/shared/lib/format'
import { Button, DownloadLink } from '@/shared/ui/Button'
import { FailureNotice } from '@/shared/ui/Notice'
import { Card, Empty, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { LogChoices } from './LogChoices'
import { LogTable } from './LogTable'
import { logFileAddress, logQuery } from './queries'
import type { Used } from './useUsed'
import { useUsageSearch } from './useUsageSearch'

/** The calls of the window, page after page, with what narrows them. */
export function LogCard({ used }: { used: Used }) {
  const texts = useTexts()
  const format = useFormats()
  const { search, zone, window } = useUsageSearch()
  const log = useInfiniteQuery(logQuery(window, search))
  const calls = log.data?.pages.flatMap((page) => page.data)
  return (
    <Card
      title={texts.usage.logTitle}
      actions={
        <DownloadLink size="small" href={logFileAddress(window, search, zone)}>
          <Download aria-hidden className="size-4" />
          {texts.usage.saveLog}
        </DownloadLink>
      }
    >
      <p className="-mt-3 text-sm text-muted">{texts.usage.logLead}</p>
      <LogChoices used={used} />
      {calls && (calls.length > 0 ? (
        <div aria-busy={log.isPlaceholderData} className={clsx('min-w-0 transition-opacity', log.isPlaceholderData && 'opacity-60')}>
          <LogTable calls={calls} zone={zone} keyName={used.nameOf} />
        </div>
      ) : (
        <Empty title={texts.usage.nothingTitle}>{texts.usage.nothing}</Empty>
      ))}
      {log.error && <FailureNotice error={log.error} onRetry={() => void (calls ? log.fetchNextPage() : log.refetch())} />}
      {log.isPending && <Skeleton className="h-96" />}
      {calls && calls.length > 0 && (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p role="status" className="text-sm text-muted">
            {texts.usage.shownCalls(format.number(calls.length))} {!log.hasNextPage && texts.usage.allShown}
          </p>
          {log.hasNextPage && (
            <Button isBusy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
              {texts.common.more}
            </Button>
          )}
        </div>
      )}
    </Card>
  )
}
