import { Link } from '@tanstack/react-router'
import type { OwnersCall } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { useTimeZone } from '@/shared/lib/timeZone'
import { LinkButton } from '@/shared/ui/Button'
import { Badge } from '@/shared/ui/Notice'
import { Card } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'

/** The latest calls; each leads to its receipt. */
export function LatestCalls({ calls }: { calls: OwnersCall[] }) {
  const texts = useTexts().home
  const format = useFormats()
  const zone = useTimeZone()
  const columns: Column<OwnersCall>[] = [
    {
      id: 'time',
      head: texts.time,
      cell: (call) => (
        <Link
          to="/usage"
          search={{ call: call.inference_id }}
          aria-label={texts.openReceipt(format.ago(call.created))}
          title={format.moment(call.created, zone)}
          className="font-medium whitespace-nowrap text-accent underline-offset-4 hover:underline"
        >
          {format.ago(call.created)}
        </Link>
      ),
    },
    { id: 'model', head: texts.model, cell: (call) => <span className="whitespace-nowrap">{call.model}</span> },
    { id: 'status', head: texts.outcome, cell: (call) => <Badge tone={call.status === 'failed' ? 'bad' : 'good'}>{texts[call.status]}</Badge> },
    { id: 'tokens', head: texts.tokens, cell: (call) => format.number(call.tokens.total), isNumber: true },
    { id: 'cost', head: texts.cost, cell: (call) => format.usd(call.cost.credits), isNumber: true },
    { id: 'duration', head: texts.duration, cell: (call) => <span className="whitespace-nowrap">{format.seconds(call.duration_ms)}</span>, isNumber: true },
  ]
  return (
    <Card
      title={texts.latest}
      actions={
        <LinkButton to="/usage" size="small">
          {texts.toLog}
        </LinkButton>
      }
    >
      <Table label={texts.latest} columns={columns} rows={calls} rowKey={(call) => call.inference_id} />
    </Card>
  )
}
