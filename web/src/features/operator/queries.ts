import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { AccountList, AuditList, BooksAnswer, CouponList, OperatorModelList, PaymentList, RateCardList, SettingsAnswer, UpstreamList } from '@/shared/api/schemas'

const KEY = 'operator'
const PAGE_ENTRIES = 50

/** What to ask for again after a change. */
export const changed = { queryKey: [KEY] }

export function accountsQuery(email: string) {
  return infiniteQueryOptions({
    queryKey: [KEY, 'accounts', email],
    queryFn: ({ pageParam, signal }) => request<AccountList>('/admin/v1/accounts', { query: { email, limit: PAGE_ENTRIES, after: pageParam }, signal }),
    initialPageParam: null as number | null,
    getNextPageParam: (page: AccountList) => page.next_after,
    placeholderData: keepPreviousData,
  })
}

export const couponsQuery = infiniteQueryOptions({
  queryKey: [KEY, 'coupons'],
  queryFn: ({ pageParam, signal }) => request<CouponList>('/admin/v1/coupons', { query: { limit: PAGE_ENTRIES, offset: pageParam }, signal }),
  initialPageParam: 0,
  getNextPageParam: (page) => page.next_offset,
})

export const paymentsQuery = infiniteQueryOptions({
  queryKey: [KEY, 'payments'],
  queryFn: ({ pageParam, signal }) => request<PaymentList>('/admin/v1/payments', { query: { limit: PAGE_ENTRIES, before: pageParam }, signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_before,
})

export const auditQuery = infiniteQueryOptions({
  queryKey: [KEY, 'audit'],
  queryFn: ({ pageParam, signal }) => request<AuditList>('/admin/v1/audit', { query: { limit: PAGE_ENTRIES, before: pageParam }, signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_before,
})

export const rateCardsQuery = queryOptions({
  queryKey: [KEY, 'rate-cards'],
  queryFn: ({ signal }) => request<RateCardList>('/admin/v1/rate-cards', { signal }),
})

export const modelsQuery = queryOptions({
  queryKey: [KEY, 'models'],
  queryFn: ({ signal }) => request<OperatorModelList>('/admin/v1/models', { signal }),
})

export const upstreamsQuery = queryOptions({
  queryKey: [KEY, 'upstreams'],
  queryFn: ({ signal }) => request<UpstreamList>('/admin/v1/upstreams', { signal }),
  refetchInterval: 10_000,
})

/** Checks every book anew each time it is asked for, which takes a moment on a large database. */
export const booksQuery = queryOptions({
  queryKey: [KEY, 'books'],
  queryFn: ({ signal }) => request<BooksAnswer>('/admin/v1/books', { signal }),
  staleTime: Infinity,
})

export const settingsQuery = queryOptions({
  queryKey: [KEY, 'settings'],
  queryFn: ({ signal }) => request<SettingsAnswer>('/admin/v1/settings', { signal }),
})
