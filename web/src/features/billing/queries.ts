import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { AutoTopUpAnswer, AutoTopUpBody, BillingDetailAnswer, CheckoutAnswer, Direction, LowBalanceAnswer, LowBalanceBody, MovementType, RedemptionAnswer, StatementAnswer, TransactionPage } from '@/shared/api/schemas'
import { addDays, startOfDay } from '@/shared/lib/timeZone'

const KEY = 'billing'
const PAGE_ENTRIES = 25

/** The server takes no smaller payment. */
export const AMOUNT_USD_MIN = 5

export const detailQuery = queryOptions({
  queryKey: [KEY, 'detail'],
  queryFn: ({ signal }) => request<BillingDetailAnswer>('/console/v1/billing/detail', { signal }),
})

/** Which movements to list; empty keeps all. Days are of the person's time zone, and the last one is included. */
export interface TransactionFilter {
  direction: Direction | ''
  type: MovementType | ''
  from: string
  to: string
}

export function transactionsQuery(filter: TransactionFilter, zone: string) {
  const startOf = (day: string) => startOfDay(zone, day).toISOString()
  return infiniteQueryOptions({
    queryKey: [KEY, 'transactions', filter, zone],
    queryFn: ({ pageParam, signal }) =>
      request<TransactionPage>('/console/v1/billing/transactions', {
        query: {
          direction: filter.direction,
          type: filter.type,
          from: filter.from && startOf(filter.from),
          to: filter.to && startOf(addDays(filter.to, 1)),
          limit: PAGE_ENTRIES,
          cursor: pageParam,
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: TransactionPage) => page.pagination.next_cursor,
    placeholderData: keepPreviousData,
  })
}

export function statementQuery(month: string, timezone: string) {
  return queryOptions({
    queryKey: [KEY, 'statement', month, timezone],
    queryFn: ({ signal }) => request<StatementAnswer>('/console/v1/billing/statement', { query: { month, timezone }, signal }),
  })
}

export const lowBalanceQuery = queryOptions({
  queryKey: [KEY, 'low-balance-notice'],
  queryFn: ({ signal }) => request<LowBalanceAnswer>('/console/v1/billing/low-balance-notice', { signal }),
})

export function setLowBalanceNotice(body: LowBalanceBody): Promise<LowBalanceAnswer> {
  return request('/console/v1/billing/low-balance-notice', { method: 'PUT', body })
}

export function beginCheckout(amount: number, save_method: boolean): Promise<CheckoutAnswer> {
  return request('/console/v1/billing/checkout', { method: 'POST', body: { amount, save_method } })
}

export function redeemCoupon(code: string): Promise<RedemptionAnswer> {
  return request('/console/v1/billing/coupons', { method: 'POST', body: { code } })
}

export function setAutoTopUp(body: AutoTopUpBody): Promise<AutoTopUpAnswer> {
  return request('/console/v1/billing/auto-top-up', { method: 'PUT', body })
}

/** What to ask for again when money has moved. */
export const moneyMoved = { queryKey: [KEY] }
