import { queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { ModelList, OwnersLog, OwnersUsageDetail } from '@/shared/api/schemas'
import type { RecentWindow } from './figures'

export const RECENT_USAGE = ['usage', 'recent'] as const
const LATEST_CALLS = 6
const FIRST_CALL_CHECK_MS = 4_000

export function recentUsageQuery({ start, end }: RecentWindow, timezone: string) {
  const query = { start, end, timezone, group_by: 'day' }
  return queryOptions({
    queryKey: [...RECENT_USAGE, query],
    queryFn: ({ signal }) => request<OwnersUsageDetail>('/console/v1/usage/detail', { query, signal }),
  })
}

/** The latest calls, looked for again and again until there is a first one. */
export const latestCallsQuery = queryOptions({
  queryKey: ['usage', 'latest'],
  queryFn: ({ signal }) => request<OwnersLog>('/console/v1/logs', { query: { period: '92d', limit: LATEST_CALLS }, signal }),
  refetchInterval: (query) => (query.state.data?.data.length === 0 ? FIRST_CALL_CHECK_MS : false),
})

export const modelsQuery = queryOptions({
  queryKey: ['home', 'models'],
  queryFn: ({ signal }) => request<ModelList>('/v1/models', { signal }),
  staleTime: 60_000,
})
