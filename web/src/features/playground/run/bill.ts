import type { ModelEntry } from '../state/model'

const NANOUSD_PER_CREDIT = 500
const BYTES_PER_TOKEN = 4
/** What a message costs beside its text. */
const MESSAGE_BYTES = 16

/** Prices in nano-USD per token. */
export interface Rates {
  input: number
  cachedInput: number
  output: number
  reasoning: number
}

/** Tokens. `isExact` says that the server counted them; otherwise they are estimated from the length of the text. */
export interface Counts {
  input: number
  cachedInput: number
  thinking: number
  answer: number
  isExact: boolean
}

/** Credits, whole as a total and in fractions by part. `isExact` says that the total is the server's. */
export interface Bill {
  input: number
  thinking: number
  answer: number
  total: number
  isExact: boolean
}

/** The rates of a model, or null for one that nobody has priced. */
export function ratesOf(model: ModelEntry | undefined): Rates | null {
  if (!model?.pricing) return null
  const nanousd = (name: string) => {
    const unit = model.pricing?.units.find((one) => one.name === name)
    return unit ? Math.round((unit.price / unit.per) * 1e9) : 0
  }
  return { input: nanousd('input'), cachedInput: nanousd('cached_input'), output: nanousd('output'), reasoning: nanousd('reasoning') }
}

/** Split what a call costs by what it is for; `total` is the server's figure where it is known. */
export function billOf(rates: Rates, counts: Counts, total: number | null): Bill {
  const input = ((counts.input - counts.cachedInput) * rates.input + counts.cachedInput * rates.cachedInput) / NANOUSD_PER_CREDIT
  const thinking = (counts.thinking * rates.reasoning) / NANOUSD_PER_CREDIT
  const answer = (counts.answer * rates.output) / NANOUSD_PER_CREDIT
  return { input, thinking, answer, total: total ?? Math.ceil(input + thinking + answer), isExact: total !== null }
}

/** The server's own estimate where no tokenizer is at hand: four bytes of UTF-8 are a token. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN)
}

const encoder = new TextEncoder()

export function utf8Length(text: string): number {
  return encoder.encode(text).length
}

/** About how many tokens the messages of a request are; what images come to the model alone knows. */
export function promptTokens(messages: Record<string, unknown>[]): number {
  return tokensOfBytes(messages.reduce((sum, { content }) => sum + textBytes(content) + MESSAGE_BYTES, 0))
}

function textBytes(content: unknown): number {
  if (typeof content === 'string') return utf8Length(content)
  const parts = Array.isArray(content) ? (content as { text?: string }[]) : []
  return parts.reduce((sum, part) => sum + utf8Length(part.text ?? ''), 0)
}
