import type { PreviewBody, RateCardBody, RateCardEntry } from '@/shared/api/schemas'

/** Prices as people write them: US dollars for a million tokens. */
export interface PriceDraft {
  input: string
  cached: string
  reasoning: string
  output: string
  /** The browser's own time; empty is at once. */
  from: string
}

// A nano-dollar a token is a thousandth of a dollar for a million of them.
const NANOUSD_PER_USD_PER_MILLION = 1000

export function usdPerMillion(nanousd: number): number {
  return nanousd / NANOUSD_PER_USD_PER_MILLION
}

/** A model with the prices to begin with. */
export interface Priced {
  model: string
  draft: PriceDraft
}

export const NO_PRICE: PriceDraft = { input: '', cached: '', reasoning: '', output: '', from: '' }

export function draftOf(card: RateCardEntry): PriceDraft {
  const text = (nanousd: number) => String(usdPerMillion(nanousd))
  return { input: text(card.input_nanousd), cached: text(card.cached_input_nanousd), reasoning: text(card.reasoning_nanousd), output: text(card.output_nanousd), from: '' }
}

/** Whether every price is a whole number of nano-dollars a token. */
export function isPriced(draft: PriceDraft): boolean {
  return [draft.input, draft.cached, draft.reasoning, draft.output].every((text) => text.trim() !== '' && nanousd(text) >= 0 && Math.abs(nanousd(text) - Number(text) * NANOUSD_PER_USD_PER_MILLION) < 1e-6)
}

function prices(draft: PriceDraft) {
  return {
    input_nanousd: nanousd(draft.input),
    cached_input_nanousd: nanousd(draft.cached),
    reasoning_nanousd: nanousd(draft.reasoning),
    output_nanousd: nanousd(draft.output),
  }
}

export function rateCardBody(model: string, draft: PriceDraft): RateCardBody {
  return { model, ...prices(draft), ...(draft.from !== '' && { effective_from: new Date(draft.from).toISOString() }) }
}

/** Ask what the prices would have earned in the last days. */
export function previewBody(model: string, draft: PriceDraft, days: number, now = new Date()): PreviewBody {
  return { model, ...prices(draft), from: new Date(now.getTime() - days * 86_400_000).toISOString(), to: now.toISOString() }
}

function nanousd(text: string): number {
  return Math.round(Number(text) * NANOUSD_PER_USD_PER_MILLION)
}
