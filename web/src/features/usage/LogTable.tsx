import { Link } from '@tanstack/react-router'
import type { ComponentProps } from 'react'
import type { OwnersCall } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Badge } from '@/shared/ui/Notice'
import { PagedTable } from '@/shared/ui/PagedTable'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'

interface LogTableProps extends Pick<ComponentProps<typeof PagedTable<OwnersCall>>, 'empty' | 'note'> {
  log: ComponentProps<typeof PagedTable<OwnersCall>>['query']
  zone: string
  keyName: (prefix: string) => string
}

export function LogTable({ log, zone, keyName, ...rest }: LogTableProps) {
  const texts = useTexts().usage
  const format = useFormats()
  const columns: Column<OwnersCall>[] = [
    {
      id: 'time',
      head: texts.time,
      cell: (call) => {
        const moment = format.shortMoment(call.created, zone)
        return (
          <Link
            to="/usage"
            search={(before) => ({ ...before, call: call.inference_id })}
            resetScroll={false}
            aria-label={texts.openReceipt(moment)}
            className="font-medium whitespace-nowrap text-accent underline-offset-4 hover:underline"
          >
            {moment}
          </Link>
        )
      },
    },
    { id: 'model', head: texts.model, cell: (call) => <span className="whitespace-nowrap">{call.model}</span> },
    {
      id: 'key',
      head: texts.key,
      cell: (call) => (
        <span className="block max-w-36 truncate" title={call.origin === 'playground' ? undefined : `${call.key_prefix}…`}>
          {call.origin === 'playground' ? texts.origins.playground : keyName(call.key_prefix)}
        </span>
      ),
    },
    {
      id: 'status',
      head: texts.status,
      cell: (call) => (
        <span className="grid justify-items-start gap-0.5">
          <Badge tone={call.status === 'failed' ? 'bad' : 'good'}>{texts.statuses[call.status]}</Badge>
          {call.error_code !== null && <code className="font-mono text-xs text-muted">{call.error_code}</code>}
        </span>
      ),
    },
    { id: 'input', head: texts.input, cell: (call) => format.number(call.tokens.input), isNumber: true },
    { id: 'output', head: texts.outputHead, cell: (call) => format.number(call.tokens.output), isNumber: true },
    { id: 'usd', head: texts.cost, cell: (call) => format.usd(call.cost.credits), isNumber: true },
    { id: 'duration', head: texts.duration, cell: (call) => <span className="whitespace-nowrap">{format.seconds(call.duration_ms)}</span>, isNumber: true },
  ]
  return <PagedTable label={texts.logTitle} query={log} columns={columns} rowKey={(call) => call.inference_id} isDense {...rest} />
}
