import { useFormats } from '@/shared/lib/format'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import type { Measure } from './search'
import { type Part, valueOf } from './series'

/** The sums of every model or key over the window, also of those that the chart puts together. */
export function PartsTable({ by, parts, measure }: { by: 'model' | 'key'; parts: Part[]; measure: Measure }) {
  const texts = useTexts().usage
  const format = useFormats()
  const whole = parts.reduce((sum, part) => sum + valueOf(part, measure), 0)
  const columns: Column<Part>[] = [
    {
      id: 'name',
      head: by === 'model' ? texts.model : texts.key,
      cell: (part) => (
        <span className="block max-w-72 truncate font-medium" title={part.name}>
          {part.name}
        </span>
      ),
    },
    { id: 'share', head: texts.share, cell: (part) => <Share share={whole === 0 ? 0 : valueOf(part, measure) / whole} /> },
    { id: 'usd', head: texts.spend, cell: (part) => format.usd(part.credits), isNumber: true },
    { id: 'credits', head: texts.creditsHead, cell: (part) => format.credits(part.credits), isNumber: true },
    { id: 'input', head: texts.input, cell: (part) => format.number(part.tokens.input), isNumber: true },
    { id: 'thinking', head: texts.thinking, cell: (part) => format.number(part.tokens.thinking), isNumber: true },
    { id: 'output', head: texts.outputHead, cell: (part) => format.number(part.tokens.output), isNumber: true },
    { id: 'requests', head: texts.requests, cell: (part) => format.number(part.requests.total), isNumber: true },
    { id: 'failed', head: texts.failed, cell: (part) => format.number(part.requests.failed), isNumber: true },
  ]
  return <Table label={texts.partsOf[by]} columns={columns} rows={parts} rowKey={(part) => part.id} isDense />
}

function Share({ share }: { share: number }) {
  const format = useFormats()
  return (
    <span className="flex min-w-28 items-center gap-2">
      <span aria-hidden className="h-1.5 w-16 shrink-0 overflow-hidden rounded-full bg-sunken">
        <span className="block h-full bg-chart-1" style={{ width: `${share * 100}%` }} />
      </span>
      <span className="tabular-nums">{format.percent(share)}</span>
    </span>
  )
}
