import { useInfiniteQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useFormats } from '@/shared/lib/format'
import { DownloadLink } from '@/shared/ui/Button'
import { Card, Empty } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { LogChoices } from './LogChoices'
import { LogTable } from './LogTable'
import { logFileAddress, logQuery } from './queries'
import type { Used } from './useUsed'
import { useUsageSearch } from './useUsageSearch'

/** The calls of the window, page after page, with what narrows them. */
export function LogCard({ used }: { used: Used }) {
  const texts = useTexts().usage
  const format = useFormats()
  const { search, zone, window } = useUsageSearch()
  const log = useInfiniteQuery(logQuery(window, search))
  return (
    <Card
      title={texts.logTitle}
      actions={
        <DownloadLink size="small" href={logFileAddress(window, search, zone)}>
          <Download aria-hidden className="size-4" />
          {texts.saveLog}
        </DownloadLink>
      }
    >
      <p className="-mt-3 text-sm text-muted">{texts.logLead}</p>
      <LogChoices used={used} />
      <LogTable
        log={log}
        zone={zone}
        keyName={used.nameOf}
        empty={<Empty title={texts.nothingTitle}>{texts.nothing}</Empty>}
        note={(shown, isAll) => `${texts.shownCalls(format.number(shown))} ${isAll ? texts.allShown : ''}`}
      />
    </Card>
  )
}
