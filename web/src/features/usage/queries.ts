import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { address, request } from '@/shared/api/client'
import type { OwnersLog, OwnersUsageDetail, ReceiptAnswer } from '@/shared/api/schemas'
import type { Breakdown, UsageSearch } from './search'
import type { WindowQuery } from './window'

export const USAGE = 'usage'
const PAGE_CALLS = 25

const GROUPINGS: Record<Breakdown, string> = { total: 'day', model: 'day,model', key: 'day,key' }

/** A break-down together with what was asked for, which an answer alone does not tell. */
export interface AskedUsage {
  by: Breakdown
  timezone: string
  detail: OwnersUsageDetail
}

export function detailQuery(window: WindowQuery, timezone: string, by: Breakdown, keyPrefix: string | undefined) {
  const query = { ...window, timezone, group_by: GROUPINGS[by], key_prefix: keyPrefix }
  return queryOptions({
    queryKey: [USAGE, 'detail', query],
    queryFn: async ({ signal }): Promise<AskedUsage> => ({ by, timezone, detail: await request<OwnersUsageDetail>('/console/v1/usage/detail', { query, signal }) }),
    placeholderData: keepPreviousData,
  })
}

/** The keys and models that were used in a window, whichever of them is looked at; they are what may be chosen. */
export function usedQuery(window: WindowQuery) {
  const query = { ...window, group_by: 'key' }
  return queryOptions({
    queryKey: [USAGE, 'used', query],
    queryFn: ({ signal }) => request<OwnersUsageDetail>('/console/v1/usage/detail', { query, signal }),
    placeholderData: keepPreviousData,
  })
}

export type LogFilters = Pick<UsageSearch, 'key' | 'model' | 'status' | 'origin'>

function logParameters(window: WindowQuery, { key, model, status, origin }: LogFilters) {
  return { ...window, key_prefix: key, model, status, origin }
}

export function logQuery(window: WindowQuery, filters: LogFilters) {
  const query = logParameters(window, filters)
  return infiniteQueryOptions({
    queryKey: [USAGE, 'log', query],
    queryFn: ({ pageParam, signal }) => request<OwnersLog>('/console/v1/logs', { query: { ...query, limit: PAGE_CALLS, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: OwnersLog) => page.pagination.next_cursor,
    placeholderData: keepPreviousData,
  })
}

/** Where the browser fetches the same calls as a file. */
export function logFileAddress(window: WindowQuery, filters: LogFilters, timezone: string): string {
  return address('/console/v1/logs.csv', { ...logParameters(window, filters), timezone })
}

export function receiptQuery(inferenceId: string) {
  return queryOptions({
    queryKey: [USAGE, 'receipt', inferenceId],
    queryFn: ({ signal }) => request<ReceiptAnswer>(`/console/v1/logs/${encodeURIComponent(inferenceId)}`, { signal }),
    // What is settled does not change.
    staleTime: 'static',
  })
}
