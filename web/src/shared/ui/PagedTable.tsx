import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import clsx from 'clsx'
import type { ReactNode } from 'react'
import { useTexts } from '@/texts'
import { Button } from './Button'
import { FailureNotice } from './Notice'
import { Empty, Skeleton } from './Page'
import { type Column, Table } from './Table'

interface PagedTableProps<T> {
  label: string
  query: UseInfiniteQueryResult<InfiniteData<{ data: T[] }>>
  columns: Column<T>[]
  rowKey: (row: T, place: number) => string | number
  isDense?: boolean
  /** What stands there when there are no rows. */
  empty?: ReactNode
  /** Tells beside the button how many rows are shown, and whether they are all. */
  note?: (shown: number, isAll: boolean) => ReactNode
}

/** A table that grows by a page at a time. Rows of the choice before stay, paler, until those of the present one are there. */
export function PagedTable<T>({ label, query, columns, rowKey, isDense = false, empty, note }: PagedTableProps<T>) {
  const texts = useTexts()
  if (query.data === undefined) {
    return query.error ? <FailureNotice error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton className="h-64" />
  }
  const rows = query.data.pages.flatMap((page) => page.data)
  const isStale = query.isPlaceholderData
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
      <div aria-busy={isStale} className={clsx('min-w-0 transition-opacity', isStale && 'opacity-60')}>
        {rows.length > 0 ? <Table label={label} columns={columns} rows={rows} rowKey={rowKey} isDense={isDense} /> : (empty ?? <Empty title={texts.common.nothing} />)}
      </div>
      {query.error && <FailureNotice error={query.error} onRetry={() => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch())} />}
      {rows.length > 0 && (query.hasNextPage || note) && (
        <div className={clsx('flex flex-wrap items-center gap-3', note ? 'justify-between' : 'justify-center')}>
          {note && (
            <p role="status" className="text-sm text-muted">
              {note(rows.length, !query.hasNextPage)}
            </p>
          )}
          {query.hasNextPage && (
            <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {texts.common.more}
            </Button>
          )}
        </div>
      )}
    </div>
  )
}
