import type { NewCouponBody } from '@/shared/api/schemas'

export const EMPTY_COUPON = { code: '', usd: '', usesMax: '', until: '', lastDays: '', note: '' }

/** What the form asks the server for; what is left empty is left to the server. */
export function couponBody(draft: typeof EMPTY_COUPON): NewCouponBody {
  return {
    usd: Number(draft.usd),
    ...(draft.code.trim() !== '' && { code: draft.code.trim() }),
    ...(draft.usesMax !== '' && { uses_max: Number(draft.usesMax) }),
    // The field has the browser's own time, which becomes an instant here.
    ...(draft.until !== '' && { valid_until: new Date(draft.until).toISOString() }),
    ...(draft.lastDays !== '' && { credits_last_days: Number(draft.lastDays) }),
    ...(draft.note.trim() !== '' && { note: draft.note.trim() }),
  }
}
