import { ApiError, send } from '@/shared/api/client'
import type { ChatCompletion } from '@/shared/api/schemas'
import { currentTexts } from '@/texts'
import type { GrowingAnswer } from './answer'
import { EventStream } from './eventStream'

export const PLAYGROUND_PATH = '/console/v1/chat/completions'
const DONE = '[DONE]'

/**
 * Send a request, and let the answer grow as its events come; `onGrowth` is told after each piece of the stream.
 *
 * Refusals and failures in the middle of a stream become the answer's own; only an abort is thrown.
 */
export async function callModel(body: { stream?: boolean }, growing: GrowingAnswer, signal: AbortSignal, onGrowth: () => void): Promise<void> {
  try {
    const response = await send(PLAYGROUND_PATH, { method: 'POST', body, signal })
    growing.inferenceId = response.headers.get('x-inference-id')
    if (body.stream) await readStream(response, growing, onGrowth)
    else growing.takeWhole((await response.json()) as ChatCompletion, performance.now())
  } catch (error) {
    if (signal.aborted) throw error
    growing.fail(error instanceof ApiError ? error : brokenOff())
  }
}

async function readStream(response: Response, growing: GrowingAnswer, onGrowth: () => void): Promise<void> {
  if (!response.body) return
  const reader = response.body.getReader()
  const events = new EventStream()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    const nowMs = performance.now()
    for (const data of events.take(value)) {
      if (data !== DONE) growing.takeEvent(JSON.parse(data), nowMs)
    }
    onGrowth()
  }
  // A connection that breaks off without the end of the answer must not look like one.
  if (!growing.isFinished && !growing.isFailed) growing.fail(brokenOff())
}

function brokenOff(): ApiError {
  return new ApiError(0, currentTexts().playground.brokenOff)
}
