import type { Bill, Counts } from './bill'

export type RunState = 'running' | 'done' | 'stopped' | 'failed'

/** What went wrong, in the server's words. */
export interface Failure {
  message: string
  code: string | null
  status: number
  requestId: string | null
}

/** Spans in milliseconds; null where the thing did not happen (yet). */
export interface Timings {
  firstTokenMs: number | null
  thinkingMs: number | null
  totalMs: number
}

/** How one call went, or goes. */
export interface Outcome {
  state: RunState
  model: string
  counts: Counts
  bill: Bill | null
  timings: Timings
  finishReason: string | null
  warnings: string[]
  failure: Failure | null
  /** The id under which the logs and the receipt know the call. */
  inferenceId: string | null
  /** The form that was asked for, so that the answer can be checked against it. */
  responseFormat: unknown
}
