import { queryOptions } from '@tanstack/react-query'
import { request } from './client'
import type { OwnersKeyList, PlanBalance } from './schemas'

/** What more than one feature asks the server; what one of them changes is then new for all. */

export const balanceQuery = queryOptions({
  queryKey: ['billing', 'balance'],
  queryFn: ({ signal }) => request<PlanBalance>('/console/v1/billing', { signal }),
})

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => request<OwnersKeyList>('/console/v1/keys', { signal }),
})
