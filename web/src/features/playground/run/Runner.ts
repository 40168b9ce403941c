import type { QueryClient } from '@tanstack/react-query'
import type { ReceiptAnswer } from '@/shared/api/schemas'
import { formQuery, modelsQuery, receiptQuery } from '../queries'
import { type ChatBody, bodyOf } from '../state/body'
import { lastOf, lineTo, parentOf, type Role } from '../state/conversation'
import { newId } from '../state/newId'
import { type Action, awaitsAnswer, type Lane, type LaneId, laneOf, type Playground, reduce } from '../state/playground'
import { problemOf } from '../state/problems'
import { Signal } from '../state/signal'
import { type Answer, GrowingAnswer } from './answer'
import { billOf, promptTokens, ratesOf } from './bill'
import { callModel } from './callModel'
import { LiveAnswer } from './LiveAnswer'
import type { Outcome, RunState } from './outcome'

/** A call that is under way. */
export interface Run {
  messageId: string
  live: LiveAnswer
  stop: () => void
}

export type Runs = Partial<Record<LaneId, Run>>

/** A message that is being written. */
export interface Draft {
  role: Role
  content: string
  /** As `data:` URLs. */
  images?: string[]
}

export const NO_DRAFT: Draft = { role: 'user', content: '' }

/** What has just happened in a lane, for those who announce it. */
export interface Happening {
  lane: LaneId
  outcome: Outcome
}

/** What became of a preset that was loaded or saved. */
export type PresetNotice = { kind: 'loaded' | 'saved'; name: string } | { kind: 'failed'; error: Error }

/** The playground's state, and the calls that bring its answers. */
export class Runner {
  readonly playground: Signal<Playground>
  readonly runs = new Signal<Runs>({})
  readonly happening = new Signal<Happening | null>(null)
  /** What is being written and not said yet. */
  readonly draft = new Signal<Draft>(NO_DRAFT)
  readonly notice = new Signal<PresetNotice | null>(null)

  constructor(
    private readonly client: QueryClient,
    playground: Playground,
  ) {
    this.playground = new Signal(playground)
  }

  readonly dispatch = (action: Action): void => this.playground.set(reduce(this.playground.read(), action))

  /** Say what is being written, if anything is. */
  say(): void {
    const draft = this.draft.read()
    if (!isWritten(draft)) return
    this.dispatch({ type: 'say', message: { id: newId(), ...draft } })
    this.draft.set(NO_DRAFT)
  }

  /** Say what is being written, and ask every model that has the next word. */
  ask(): void {
    this.notice.set(null)
    this.say()
    this.answerAll()
  }

  /** Write a message anew, and ask again from there. */
  editAndAsk(id: string, content: string): void {
    this.dispatch({ type: 'edit', id, content, newId: newId() })
    this.answerAll()
  }

  /** Ask for another answer beside this one. */
  retry(laneId: LaneId, id: string): void {
    const lane = laneOf(this.playground.read(), laneId)
    if (lane) this.answer(lane, parentOf(lane.conversation, id))
  }

  /** Hand the tools' answers to the model, and let it go on. */
  continueWith(laneId: LaneId, answers: { callId: string; content: string }[]): void {
    const messages = answers.map(({ callId, content }) => ({ id: newId(), role: 'tool' as const, content, toolCallId: callId }))
    this.dispatch({ type: 'answerCalls', lane: laneId, messages })
    const lane = laneOf(this.playground.read(), laneId)
    if (lane && awaitsAnswer(lane)) this.answer(lane, lastOf(lane.conversation)?.id ?? null)
  }

  /** End what is under way: the server stops the upstream, and the bill. */
  readonly stop = (laneId?: LaneId): void => {
    for (const [id, run] of Object.entries(this.runs.read())) {
      if (laneId === undefined || laneId === id) run.stop()
    }
  }

  /** Show something else: what is under way ends, and its answer stays in what is left. */
  load(playground: Playground): void {
    this.stop()
    this.dispatch({ type: 'load', playground })
  }

  private bodyAfter(lane: Lane, after: string | null): ChatBody {
    const form = this.client.getQueryData(formQuery(lane.settings.model).queryKey)
    return bodyOf(lane.settings, lineTo(lane.conversation, after), form?.taken ?? null)
  }

  /** The request that Run sends now or, where the model has had the last word, the one that brought that. Null where nothing is said. */
  nextBody(lane: Lane): ChatBody | null {
    const draft = this.draft.read()
    const last = lastOf(lane.conversation)
    const form = this.client.getQueryData(formQuery(lane.settings.model).queryKey)
    const end = last && !isWritten(draft) && !awaitsAnswer(lane) ? parentOf(lane.conversation, last.id) : (last?.id ?? null)
    const line = [...lineTo(lane.conversation, end), ...(isWritten(draft) ? [{ id: '', ...draft }] : [])]
    return line.length > 0 ? bodyOf(lane.settings, line, form?.taken ?? null) : null
  }

  private answerAll(): void {
    for (const lane of this.playground.read().lanes) {
      if (awaitsAnswer(lane)) this.answer(lane, lastOf(lane.conversation)?.id ?? null)
    }
  }

  private answer(lane: Lane, after: string | null): void {
    if (this.runs.read()[lane.id] || problemOf(lane.settings)) return
    const body = this.bodyAfter(lane, after)
    const model = this.client.getQueryData(modelsQuery.queryKey)?.find((one) => one.id === body.model)
    const growing = new GrowingAnswer({
      model: body.model,
      responseFormat: body.response_format ?? null,
      rates: ratesOf(model),
      inputTokens: promptTokens(body.messages),
      nowMs: performance.now(),
    })
    const controller = new AbortController()
    const live = new LiveAnswer(growing)
    const messageId = newId()
    const run: Run = {
      messageId,
      live,
      stop: () => {
        if (controller.signal.aborted) return
        controller.abort()
        this.end(lane.id, run, growing.answer('stopped', performance.now()))
      },
    }
    const begun = live.shown.read()
    this.dispatch({ type: 'begin', lane: lane.id, after, message: { id: messageId, role: 'assistant', content: '', outcome: begun.outcome } })
    this.runs.set({ ...this.runs.read(), [lane.id]: run })
    this.happening.set({ lane: lane.id, outcome: begun.outcome })
    void this.follow(lane.id, run, body, growing, controller.signal)
  }

  private async follow(lane: LaneId, run: Run, body: ChatBody, growing: GrowingAnswer, signal: AbortSignal): Promise<void> {
    try {
      await callModel(body, growing, signal, run.live.grow)
    } catch {
      // It was stopped, and has its end already; the bill comes with the receipt.
      await this.fetchBill(lane, run.messageId, growing)
      return
    }
    const state: RunState = growing.isFailed ? 'failed' : 'done'
    const answer = growing.answer(state, performance.now())
    this.end(lane, run, answer)
    if (state === 'failed' && answer.outcome.bill) await this.fetchBill(lane, run.messageId, growing)
  }

  private end(lane: LaneId, run: Run, answer: Answer): void {
    run.live.end()
    this.dispatch({ type: 'settle', lane, id: run.messageId, answer })
    const { [lane]: ended, ...others } = this.runs.read()
    this.runs.set(ended === run ? others : this.runs.read())
    this.happening.set({ lane, outcome: answer.outcome })
  }

  private async fetchBill(lane: LaneId, id: string, growing: GrowingAnswer): Promise<void> {
    if (growing.inferenceId === null) return
    try {
      const receipt = await this.client.query(receiptQuery(growing.inferenceId))
      const { outcome } = growing.answer('stopped', performance.now())
      const now = laneOf(this.playground.read(), lane)?.conversation.messages[id]?.outcome ?? outcome
      this.dispatch({ type: 'settle', lane, id, answer: { outcome: billed(now, receipt) } })
    } catch {
      // Without a receipt the estimate stays, which says that it is one.
    }
  }
}

export function isWritten(draft: Draft): boolean {
  return draft.content.trim() !== '' || Boolean(draft.images?.length)
}

/** The outcome with the figures of the receipt. */
function billed(outcome: Outcome, { meters, rate_card: card, settlement }: ReceiptAnswer): Outcome {
  const counts = { input: meters.input + meters.cached_input, cachedInput: meters.cached_input, thinking: meters.reasoning, answer: meters.output, isExact: true }
  const rates = {
    input: card?.input_nanousd ?? 0,
    cachedInput: card?.cached_input_nanousd ?? 0,
    output: card?.output_nanousd ?? 0,
    reasoning: card?.reasoning_nanousd ?? 0,
  }
  return { ...outcome, counts, bill: billOf(rates, counts, settlement.charged_credits) }
}
