import type { Json } from '@/shared/lib/json'
import type { ApiDocument, JsonSchema, Operation } from '@/shared/schema/types'

export const CHAT_PATH = '/v1/chat/completions'
const JSON_TYPE = 'application/json'
const EVENT_TYPE = 'text/event-stream'

/** How an answer is asked for: in one piece, or while it arises. */
export type Form = 'whole' | 'stream'

/** What a model's page shows of the model's API document. */
export interface CallDocument {
  request: JsonSchema
  response: JsonSchema | null
  /** The bodies of the document's examples, with the answers to them. */
  examples: Record<Form, { body: Record<string, Json>; answer: string }>
}

/** Take the chat endpoint out of the document; null when the document has no such endpoint or no examples. */
export function callDocument(document: ApiDocument): CallDocument | null {
  const operation = document.paths[CHAT_PATH]?.post
  const content = operation?.requestBody?.content[JSON_TYPE]
  const bodies = Object.values(content?.examples ?? {}).flatMap(({ value }) => (isObject(value) ? [value] : []))
  const whole = bodies.find((body) => body.stream !== true)
  const stream = bodies.find((body) => body.stream === true)
  if (!operation || !content?.schema || !whole || !stream) return null
  return {
    request: content.schema,
    response: answerOf(operation, JSON_TYPE)?.schema ?? null,
    examples: {
      whole: { body: whole, answer: JSON.stringify(answerOf(operation, JSON_TYPE)?.example ?? null, null, 2) },
      stream: { body: stream, answer: eventText(answerOf(operation, EVENT_TYPE)?.example) },
    },
  }
}

function answerOf(operation: Operation, type: string) {
  return operation.responses?.['200']?.content?.[type]
}

/** An event as it travels, and the one that ends the stream. */
function eventText(example: Json | undefined): string {
  const data = isObject(example) && typeof example.data === 'string' ? example.data : ''
  return `data: ${data}\n\n…\n\ndata: [DONE]\n`
}

function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
