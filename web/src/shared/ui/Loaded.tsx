import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FailureNotice } from './Notice'
import { Skeleton } from './Page'

interface LoadedProps<T> {
  query: UseQueryResult<T>
  /** What holds the place until the answer is there. */
  waiting?: ReactNode
  children: (data: T) => ReactNode
}

/** What a query brings: its place while it loads, its failure with a way to try again, or what `children` makes of it. */
export function Loaded<T>({ query, waiting, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <FailureNotice error={query.error} onRetry={() => void query.refetch()} />
  return waiting ?? <Skeleton className="h-40" />
}
