import { parseObject } from '../settings/jsonText'
import type { Message } from './conversation'
import { type Settings, TOOL_PARAMETERS } from './settings'

export interface ChatBody {
  model: string
  messages: Record<string, unknown>[]
  stream?: boolean
  [name: string]: unknown
}

/**
 * The request for the next answer: exactly what is sent, and what the code samples show.
 *
 * `taken` are the parameters that the model takes; others, left from another model, are not sent. Null: not known yet.
 */
export function bodyOf(settings: Settings, line: Message[], taken: ReadonlySet<string> | null): ChatBody {
  const takes = (name: string) => !taken || taken.has(name)
  const system = settings.system.trim() ? [{ role: 'system', content: settings.system }] : []
  const tools = takes('tools') ? settings.tools.map(toolOf) : []
  const format = takes('response_format') ? formatOf(settings) : undefined
  const parameters = Object.entries(settings.parameters).filter(([name]) => takes(name) && (tools.length > 0 || !TOOL_PARAMETERS.has(name)))
  return {
    model: settings.model,
    messages: [...system, ...line.filter(isSaid).map(messageOf)],
    ...Object.fromEntries(parameters),
    ...(tools.length > 0 && { tools }),
    ...(format && { response_format: format }),
    ...(settings.isStreaming && { stream: true, stream_options: { include_usage: true } }),
  }
}

/** An answer that failed before it said anything is no part of the conversation. */
function isSaid(message: Message): boolean {
  return message.role !== 'assistant' || message.content !== '' || Boolean(message.toolCalls?.length)
}

function messageOf({ role, content, images, toolCalls, toolCallId }: Message): Record<string, unknown> {
  return {
    role,
    content: images?.length ? partsOf(content, images) : content,
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    ...(toolCalls?.length && { tool_calls: toolCalls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } })) }),
  }
}

function partsOf(text: string, images: string[]) {
  return [...(text ? [{ type: 'text', text }] : []), ...images.map((url) => ({ type: 'image_url', image_url: { url } }))]
}

function toolOf({ name, description, parameters }: Settings['tools'][number]) {
  return { type: 'function', function: { name, ...(description && { description }), parameters: objectOf(parameters) } }
}

function formatOf({ format }: Settings) {
  if (format.kind === 'text') return undefined
  if (format.kind === 'json_object') return { type: 'json_object' }
  return { type: 'json_schema', json_schema: { name: format.name, ...(format.isStrict && { strict: true }), schema: objectOf(format.schema) } }
}

function objectOf(text: string): Record<string, unknown> {
  const read = parseObject(text)
  return read.isValid ? read.value : {}
}
