import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { Bars } from './Bars'
import { colorOf } from './colors'
import type { ChartProps, ChartRow } from './types'

/** A bar chart, with the same figures as a table for whoever cannot or would rather not read bars. */
export function Chart(props: ChartProps) {
  const texts = useTexts()
  const { title, rowsName, series, rows, format } = props
  const columns: Column<ChartRow>[] = [
    { id: 'label', head: rowsName, cell: (row) => <span className="whitespace-nowrap">{row.fullLabel ?? row.label}</span> },
    ...series.map((one) => ({ id: one.id, head: one.name, cell: (row: ChartRow) => format(row.values[one.id] ?? 0), isNumber: true })),
  ]
  return (
    <figure className="grid min-w-0 gap-3">
      <figcaption className="sr-only">{title}</figcaption>
      <div aria-hidden className="grid min-w-0 gap-3">
        <Bars {...props} />
        {/* One line high at least, so that nothing below moves when there is one series or another. */}
        <ul className="flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-sm">
          {series.map((one, index) => (
            <li key={one.id} className="flex min-w-0 items-center gap-1.5">
              <span className="size-2.5 shrink-0 rounded-xs" style={{ background: colorOf(series, index) }} />
              <span className="truncate">{one.name}</span>
            </li>
          ))}
        </ul>
      </div>
      <details>
        <summary className="w-fit text-sm text-muted underline-offset-4 hover:underline">{texts.common.asTable}</summary>
        <div className="mt-2">
          <Table label={title} columns={columns} rows={rows} rowKey={(row) => row.label} />
        </div>
      </details>
    </figure>
  )
}
