import { lazy, Suspense } from 'react'
import { Skeleton } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import type { ChartProps, ChartRow } from './types'

const Bars = lazy(async () => ({ default: (await import('./Bars')).Bars }))

/** A bar chart, with the same figures as a table for whoever cannot or would rather not read bars. */
export function Chart(props: ChartProps) {
  const texts = useTexts()
  const { title, rowsName, series, rows, format } = props
  const columns: Column<ChartRow>[] = [
    { id: 'label', head: rowsName, cell: (row) => row.label },
    ...series.map((one) => ({ id: one.id, head: one.name, cell: (row: ChartRow) => format(row.values[one.id] ?? 0), isNumber: true })),
  ]
  return (
    <figure className="grid min-w-0 gap-3">
      <figcaption className="sr-only">{title}</figcaption>
      <div className="h-64 min-w-0" aria-hidden>
        <Suspense fallback={<Skeleton className="h-full" />}>
          <Bars {...props} />
        </Suspense>
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
