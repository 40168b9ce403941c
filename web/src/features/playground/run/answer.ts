import { ApiError, refusalFromBody } from '@/shared/api/client'
import type { ChatCompletion, ChatCompletionChunk, Meta, Usage } from '@/shared/api/schemas'
import type { ToolCall } from '../state/conversation'
import { billOf, type Counts, type Rates, tokensOfBytes, utf8Length } from './bill'
import type { Failure, Outcome, RunState } from './outcome'

/** What is known of an answer at one moment; a new one for every change, so that it can be compared and kept. */
export interface Answer {
  content: string
  reasoning: string
  toolCalls: ToolCall[]
  outcome: Outcome
}

interface Start {
  model: string
  responseFormat: unknown
  /** Null for a model without prices, whose bill cannot be told before the server tells it. */
  rates: Rates | null
  /** About how many tokens the request has. */
  inputTokens: number
  nowMs: number
}

/** Puts an answer together from the chunks of a stream, and tells times, tokens and cost while it grows. */
export class GrowingAnswer {
  private content = ''
  private reasoning = ''
  private readonly calls: ToolCall[] = []
  private contentBytes = 0
  private reasoningBytes = 0
  private firstTokenMs: number | null = null
  private thinkingFromMs: number | null = null
  private thinkingMs: number | null = null
  private usage: Usage | null = null
  private credits: number | null = null
  private warnings: string[] = []
  private finishReason: string | null = null
  private failure: Failure | null = null
  inferenceId: string | null = null

  constructor(private readonly start: Start) {}

  get isFailed(): boolean {
    return this.failure !== null
  }

  /** Whether the end of the answer was told, so that nothing is missing. */
  get isFinished(): boolean {
    return this.finishReason !== null
  }

  /** Take one event of the stream: a chunk of the answer, or what went wrong in the middle of it. */
  takeEvent(event: unknown, nowMs: number): void {
    if (isRefusal(event)) this.fail(refusalFromBody(event.statusCode ?? 0, event))
    else this.takeChunk(event as ChatCompletionChunk, nowMs)
  }

  /** Take an answer that came as a whole. */
  takeWhole(whole: ChatCompletion, nowMs: number): void {
    const [choice] = whole.choices
    const message = choice?.message
    if (message?.reasoning_content) this.think(message.reasoning_content, nowMs)
    if (message?.content) this.say(message.content, nowMs)
    for (const call of message?.tool_calls ?? []) this.calls.push({ id: call.id, name: call.function.name, arguments: call.function.arguments })
    this.finishReason = choice?.finish_reason ?? null
    // Everything came at once, so nothing is known of when it was thought and said.
    this.firstTokenMs = this.thinkingFromMs = this.thinkingMs = null
    this.takeFigures(whole)
  }

  fail(error: ApiError): void {
    this.failure = { message: error.message, code: error.code, status: error.status, requestId: error.requestId }
  }

  /** What is known now. */
  answer(state: RunState, nowMs: number): Answer {
    const counts = this.counts()
    const thinkingMs = this.thinkingMs ?? (this.thinkingFromMs === null ? null : nowMs - this.thinkingFromMs)
    return {
      content: this.content,
      reasoning: this.reasoning,
      toolCalls: this.calls.map((call) => ({ ...call })),
      outcome: {
        state,
        model: this.start.model,
        counts,
        bill: this.billOf(counts, state),
        timings: { firstTokenMs: this.firstTokenMs, thinkingMs, totalMs: nowMs - this.start.nowMs },
        finishReason: this.finishReason,
        warnings: this.warnings,
        failure: this.failure,
        inferenceId: this.inferenceId,
        responseFormat: this.start.responseFormat,
      },
    }
  }

  private billOf(counts: Counts, state: RunState) {
    // What fails by the server's fault costs nothing; what had arrived before the connection broke does.
    if (state === 'failed' && (this.failure?.status !== 0 || this.inferenceId === null)) return null
    if (this.start.rates) return billOf(this.start.rates, counts, this.credits)
    return this.credits === null ? null : { input: 0, thinking: 0, answer: 0, total: this.credits, isExact: true }
  }

  private takeChunk(chunk: ChatCompletionChunk, nowMs: number): void {
    const [choice] = chunk.choices
    const delta = choice?.delta
    if (delta?.reasoning_content) this.think(delta.reasoning_content, nowMs)
    if (delta?.content) this.say(delta.content, nowMs)
    for (const piece of delta?.tool_calls ?? []) {
      this.endThinking(nowMs)
      this.firstTokenMs ??= nowMs - this.start.nowMs
      const call = (this.calls[piece.index] ??= { id: '', name: '', arguments: '' })
      call.id ||= piece.id
      call.name += piece.function.name
      call.arguments += piece.function.arguments
      this.contentBytes += utf8Length(piece.function.arguments) + utf8Length(piece.function.name)
    }
    if (choice?.finish_reason) {
      this.finishReason = choice.finish_reason
      this.endThinking(nowMs)
    }
    this.takeFigures(chunk)
  }

  private takeFigures({ usage, meta }: { usage?: Usage; meta?: Meta }): void {
    if (usage) this.usage = usage
    if (meta) {
      this.credits = meta.usage.credits_used
      this.warnings = meta.warnings ?? this.warnings
    }
  }

  private think(text: string, nowMs: number): void {
    this.firstTokenMs ??= nowMs - this.start.nowMs
    this.thinkingFromMs ??= nowMs
    this.reasoning += text
    this.reasoningBytes += utf8Length(text)
  }

  private say(text: string, nowMs: number): void {
    this.firstTokenMs ??= nowMs - this.start.nowMs
    this.endThinking(nowMs)
    this.content += text
    this.contentBytes += utf8Length(text)
  }

  private endThinking(nowMs: number): void {
    if (this.thinkingFromMs !== null) this.thinkingMs ??= nowMs - this.thinkingFromMs
  }

  private counts(): Counts {
    const { usage } = this
    if (!usage) {
      return { input: this.start.inputTokens, cachedInput: 0, thinking: tokensOfBytes(this.reasoningBytes), answer: tokensOfBytes(this.contentBytes), isExact: false }
    }
    const thinking = usage.completion_tokens_details.reasoning_tokens
    return {
      input: usage.prompt_tokens,
      cachedInput: usage.prompt_tokens_details?.cached_tokens ?? 0,
      thinking,
      answer: usage.completion_tokens - thinking,
      isExact: true,
    }
  }
}

function isRefusal(event: unknown): event is { statusCode?: number } {
  return typeof event === 'object' && event !== null && 'error' in event
}

/** Tokens a second after the first one; null before there is anything to divide. */
export function tokensPerSecond({ counts, timings }: Outcome): number | null {
  const writingMs = timings.firstTokenMs === null ? 0 : timings.totalMs - timings.firstTokenMs
  return writingMs > 0 ? ((counts.thinking + counts.answer) * 1000) / writingMs : null
}
