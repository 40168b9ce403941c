import type { LowBalanceBody } from '@/shared/api/schemas'
import { CREDITS_PER_USD } from '@/shared/lib/format'

/** What the form asks for: dollars become whole credits, and what is switched off has no threshold. */
export function lowBalanceNotice(isOn: boolean, usd: string): LowBalanceBody {
  return { threshold_credits: isOn ? Math.round(Number(usd) * CREDITS_PER_USD) : null }
}
