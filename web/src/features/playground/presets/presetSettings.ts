import type { PresetEntry } from '@/shared/api/schemas'
import { fromMessages, lineOf, type Message, type Role, type ToolCall } from '../state/conversation'
import type { Lane, LaneId, Playground } from '../state/playground'
import { type FormatKind, NO_FORMAT, NO_SETTINGS, type Settings, type ToolDraft } from '../state/settings'
import { newId } from '../state/newId'

type Json = Record<string, unknown>

const ROLES: ReadonlySet<string> = new Set<Role>(['system', 'user', 'assistant', 'tool'])
const FORMATS: ReadonlySet<string> = new Set<FormatKind>(['text', 'json_object', 'json_schema'])

/** What a preset keeps: the settings and the line that is shown; figures of past calls and other branches are not kept. */
export function settingsToSave(playground: Playground): PresetEntry['settings'] {
  const [first, second] = playground.lanes
  // The API's document says of the settings that they are an object, and its type here allows only an empty one.
  return { ...savedLane(first), ...(second && { compared: { model: second.settings.model, ...savedLane(second) } }) } as PresetEntry['settings']
}

/** The playground that a preset describes. What it does not know is left out, for it may be of another version. */
export function playgroundOf(model: string, saved: Json): Playground {
  const first = laneFrom('a', model, saved)
  const compared = objectOf(saved.compared)
  return { lanes: compared ? [first, laneFrom('b', textOf(compared.model), compared)] : [first] }
}

function savedLane({ settings, conversation }: Lane): Json {
  return {
    system: settings.system,
    messages: lineOf(conversation)
      .filter((message) => message.content || message.toolCalls?.length)
      .map(({ id, role, content, reasoning, toolCalls, toolCallId }) => ({ id, role, content, reasoning, toolCalls, toolCallId })),
    parameters: settings.parameters,
    tools: settings.tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
    format: settings.format,
    isStreaming: settings.isStreaming,
  }
}

function laneFrom(id: LaneId, model: string, saved: Json): Lane {
  const messages = listOf(saved.messages).flatMap(messageFrom)
  // A system message at the beginning is the system prompt, as in presets that a program has made.
  const [first] = messages
  const isPrompt = first?.role === 'system' && !textOf(saved.system)
  const settings: Settings = {
    model,
    system: isPrompt ? first.content : textOf(saved.system),
    isStreaming: saved.isStreaming !== false,
    parameters: objectOf(saved.parameters) ?? {},
    tools: listOf(saved.tools).map(toolFrom),
    format: formatFrom(objectOf(saved.format)),
  }
  return { id, settings: { ...NO_SETTINGS, ...settings }, conversation: fromMessages(isPrompt ? messages.slice(1) : messages) }
}

function messageFrom(saved: Json): Message[] {
  const role = textOf(saved.role)
  if (!ROLES.has(role)) return []
  const reasoning = textOf(saved.reasoning)
  const toolCallId = textOf(saved.toolCallId)
  const toolCalls = listOf(saved.toolCalls).map((call): ToolCall => ({ id: textOf(call.id), name: textOf(call.name), arguments: textOf(call.arguments) }))
  return [
    {
      id: textOf(saved.id) || newId(),
      role: role as Role,
      content: textOf(saved.content),
      ...(reasoning && { reasoning }),
      ...(toolCallId && { toolCallId }),
      ...(toolCalls.length > 0 && { toolCalls }),
    },
  ]
}

function toolFrom(saved: Json): ToolDraft {
  return { id: newId(), name: textOf(saved.name), description: textOf(saved.description), parameters: textOf(saved.parameters) }
}

function formatFrom(saved: Json | null): Settings['format'] {
  if (!saved || !FORMATS.has(textOf(saved.kind))) return NO_FORMAT
  return { kind: textOf(saved.kind) as FormatKind, name: textOf(saved.name), schema: textOf(saved.schema), isStrict: saved.isStrict === true }
}

function objectOf(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== null) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
