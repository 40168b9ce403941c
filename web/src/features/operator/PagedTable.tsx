import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { Button } from '@/shared/ui/Button'
import { FailureNotice } from '@/shared/ui/Notice'
import { Empty, Skeleton } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'

interface PagedTableProps<T> {
  label: string
  query: UseInfiniteQueryResult<InfiniteData<{ data: T[] }>>
  columns: Column<T>[]
  rowKey: (row: T) => string | number
}

/** A table that grows by a page at a time. */
export function PagedTable<T>({ label, query, columns, rowKey }: PagedTableProps<T>) {
  const texts = useTexts()
  if (query.data === undefined) {
    return query.error ? <FailureNotice error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton className="h-64" />
  }
  const rows = query.data.pages.flatMap((page) => page.data)
  if (rows.length === 0) return <Empty title={texts.operator.nothing} />
  return (
    <div className="grid gap-4">
      <Table label={label} columns={columns} rows={rows} rowKey={rowKey} isDense />
      {query.hasNextPage && (
        <div className="flex justify-center">
          <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {texts.common.more}
          </Button>
        </div>
      )}
    </div>
  )
}
