import type { ReceiptAnswer } from '@/shared/api/schemas'

export const METERS = ['input', 'cached_input', 'output', 'reasoning'] as const
export type Meter = (typeof METERS)[number]

/** One line of a bill, in tokens and nano-USD (a thousand-millionth of a dollar). */
export interface BillLine {
  meter: Meter
  tokens: number
  /** Null where the prices are not known. */
  priceNanousd: number | null
  amountNanousd: number | null
}

/** The lines of a receipt: what was counted, times its price. Their amounts add up to the receipt's exact price. */
export function billLines(receipt: ReceiptAnswer): BillLine[] {
  const prices = receipt.rate_card
  return METERS.map((meter) => {
    const tokens = receipt.meters[meter]
    const price = prices === null ? null : prices[`${meter}_nanousd`]
    return { meter, tokens, priceNanousd: price, amountNanousd: price === null ? null : price * tokens }
  })
}

/** Whether the lines lead to the sum that the receipt tells; a receipt of which they do not must not be shown as if they did. */
export function addsUp(receipt: ReceiptAnswer): boolean {
  if (receipt.rounding === null) return false
  const sum = billLines(receipt).reduce((total, line) => total + (line.amountNanousd ?? 0), 0)
  return sum === receipt.rounding.exact_nanousd && Math.ceil(sum / receipt.rounding.nanousd_per_credit) === receipt.rounding.rounded_credits
}

/** Tokens per second of an answer that came piece by piece, from its first piece to its end; null where that cannot be told. */
export function tokensPerSecond(receipt: ReceiptAnswer): number | null {
  const { ttft_ms: first, duration_ms: whole } = receipt.timings
  if (!receipt.stream || first === null || whole <= first) return null
  const tokens = receipt.tokens.output
  return tokens === 0 ? null : tokens / ((whole - first) / 1000)
}
