import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type {
  AccountChangeBody,
  CouponChangeBody,
  CouponEntry,
  GrantAnswer,
  GrantBody,
  NewAccountAnswer,
  NewAccountBody,
  NewCouponBody,
  OperatorModel,
  PreviewAnswer,
  PreviewBody,
  RateCardBody,
  RateCardEntry,
} from '@/shared/api/schemas'
import { changed } from './queries'

/** Something that an operator does: afterwards, all that the operator's pages show is asked for again. */
function useAction<Wish, Answer>(act: (wish: Wish) => Promise<Answer>): UseMutationResult<Answer, Error, Wish> {
  const client = useQueryClient()
  return useMutation({ mutationFn: act, onSettled: () => client.invalidateQueries(changed) })
}

export function useCreateAccount() {
  return useAction((body: NewAccountBody) => request<NewAccountAnswer>('/admin/v1/accounts', { method: 'POST', body }))
}

export function useChangeAccount() {
  return useAction(({ id, ...body }: AccountChangeBody & { id: number }) => request(`/admin/v1/accounts/${id}`, { method: 'PATCH', body }))
}

export function useGrant(accountId: number) {
  return useAction((body: GrantBody) => request<GrantAnswer>(`/admin/v1/accounts/${accountId}/grants`, { method: 'POST', body }))
}

export function useCreateCoupon() {
  return useAction((body: NewCouponBody) => request<CouponEntry>('/admin/v1/coupons', { method: 'POST', body }))
}

export function useChangeCoupon() {
  return useAction(({ code, ...body }: CouponChangeBody & { code: string }) => request(`/admin/v1/coupons/${encodeURIComponent(code)}`, { method: 'PATCH', body }))
}

export function useSetPrice() {
  return useAction((body: RateCardBody) => request<RateCardEntry>('/admin/v1/rate-cards', { method: 'POST', body }))
}

export function usePreviewPrice() {
  return useMutation({ mutationFn: (body: PreviewBody) => request<PreviewAnswer>('/admin/v1/rate-cards/preview', { method: 'POST', body }) })
}

export function useSwitchModel() {
  return useAction(({ id, enabled }: { id: string; enabled: boolean }) => request<OperatorModel>(`/admin/v1/models/${id}`, { method: 'PATCH', body: { enabled } }))
}

export function useRefund() {
  return useAction(({ id, amount }: { id: string; amount: number | null }) => request(`/admin/v1/payments/${encodeURIComponent(id)}/refund`, { method: 'POST', body: amount === null ? {} : { amount } }))
}
