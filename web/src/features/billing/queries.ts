import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { AutoTopUpAnswer, AutoTopUpBody, BillingDetailAnswer, CheckoutAnswer, Direction, MovementType, PlanBalance, RedemptionAnswer, StatementAnswer, TransactionPage } from '@/shared/api/schemas'

const KEY = 'billing'
const PAGE_ENTRIES = 25

/** The server takes no smaller payment. */
export const AMOUNT_USD_MIN = 5

export const balanceQuery = queryOptions({
  queryKey: [KEY, 'balance'],
  queryFn: ({ signal }) => request<PlanBalance>('/console/v1/billing', { signal }),
})

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

export function transactionsQuery(filter: TransactionFilter, toMoment: (day: string) => string) {
  return infiniteQueryOptions({
    queryKey: [KEY, 'transactions', filter],
    queryFn: ({ pageParam, signal }) =>
      request<TransactionPage>('/console/v1/billing/transactions', {
        query: {
          direction: filter.direction,
          type: filter.type,
          from: filter.from && toMoment(filter.from),
          to: filter.to && toMoment(dayAfter(filter.to)),
          limit: PAGE_ENTRIES,
          cursor: pageParam,
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.pagination.next_cursor,
  })
}

export function statementQuery(month: string, timezone: string) {
  return queryOptions({
    queryKey: [KEY, 'statement', month, timezone],
    queryFn: ({ signal }) => request<StatementAnswer>('/console/v1/billing/statement', { query: { month, timezone }, signal }),
  })
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

export function dayAfter(day: string): string {
  return new Date(new Date(`${day}T00:00:00Z`).getTime() + 86_400_000).toISOString().slice(0, 10)
}
