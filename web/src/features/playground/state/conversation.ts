import type { Outcome } from '../run/outcome'

export type Role = 'system' | 'user' | 'assistant' | 'tool'

export interface ToolCall {
  id: string
  name: string
  /** JSON text, as the model wrote it. */
  arguments: string
}

export interface Message {
  id: string
  role: Role
  content: string
  /** Images that a user's message shows, as `data:` URLs. */
  images?: string[]
  /** How many images the message had that were too large to be kept in the tab. */
  lostImages?: number
  /** What the model thought before it answered. */
  reasoning?: string
  toolCalls?: ToolCall[]
  /** Which call a tool's message answers. */
  toolCallId?: string
  /** How the call went that brought this message; messages that a person wrote have none. */
  outcome?: Outcome
}

/** Where a conversation begins: the parent of its first messages. */
const ROOT = ''

/**
 * A tree of messages. Where a message was written anew there are several beside each other; one of them is chosen, and
 * the line from the beginning through the chosen ones is what is shown and sent.
 */
export interface Conversation {
  messages: Record<string, Message>
  parents: Record<string, string>
  /** The messages after each message, in the order in which they arose; those at the beginning stand under ''. */
  children: Record<string, string[]>
  chosen: Record<string, string>
}

export const EMPTY: Conversation = { messages: {}, parents: {}, children: {}, chosen: {} }

/** The messages that are shown, oldest first. */
export function lineOf(conversation: Conversation): Message[] {
  const line: Message[] = []
  for (let id = conversation.chosen[ROOT]; id !== undefined; id = conversation.chosen[id]) {
    const message = conversation.messages[id]
    if (!message) break
    line.push(message)
  }
  return line
}

/** The messages from the beginning up to this one; none for null, which is before the first. */
export function lineTo(conversation: Conversation, id: string | null): Message[] {
  const line: Message[] = []
  for (let at = id ?? ROOT; at !== ROOT; at = conversation.parents[at] ?? ROOT) {
    const message = conversation.messages[at]
    if (message) line.unshift(message)
  }
  return line
}

export function lastOf(conversation: Conversation): Message | undefined {
  return lineOf(conversation).at(-1)
}

export function parentOf(conversation: Conversation, id: string): string | null {
  const parent = conversation.parents[id] ?? ROOT
  return parent === ROOT ? null : parent
}

/** Put a message after another one (null: at the beginning), beside those that are there already, and choose it. */
export function putAfter(conversation: Conversation, after: string | null, message: Message): Conversation {
  const parent = after ?? ROOT
  return {
    messages: { ...conversation.messages, [message.id]: message },
    parents: { ...conversation.parents, [message.id]: parent },
    children: { ...conversation.children, [parent]: [...(conversation.children[parent] ?? []), message.id] },
    chosen: { ...conversation.chosen, [parent]: message.id },
  }
}

/** Put a message at the end of the line. */
export function append(conversation: Conversation, message: Message): Conversation {
  return putAfter(conversation, lastOf(conversation)?.id ?? null, message)
}

/**
 * Write a message anew. One that something follows keeps its old text as a branch, and the new text stands beside it
 * under `newId` with nothing after it; the last message is simply changed.
 */
export function edit(conversation: Conversation, id: string, content: string, newId: string): Conversation {
  const message = conversation.messages[id]
  if (!message || message.content === content) return conversation
  const written: Message = { id, role: message.role, content, ...(message.images && { images: message.images }), ...(message.toolCallId !== undefined && { toolCallId: message.toolCallId }) }
  if (!conversation.children[id]?.length) return change(conversation, id, () => written)
  return putAfter(conversation, parentOf(conversation, id), { ...written, id: newId })
}

/** Change a message where it stands; an unknown one changes nothing. */
export function change(conversation: Conversation, id: string, make: (message: Message) => Message): Conversation {
  const message = conversation.messages[id]
  return message ? { ...conversation, messages: { ...conversation.messages, [id]: make(message) } } : conversation
}

/** Take a message out; what follows it then follows the one before. */
export function remove(conversation: Conversation, id: string): Conversation {
  if (!conversation.messages[id]) return conversation
  const parent = conversation.parents[id] ?? ROOT
  const orphans = conversation.children[id] ?? []
  const siblings = (conversation.children[parent] ?? []).flatMap((one) => (one === id ? orphans : [one]))
  const chosen = omit(conversation.chosen, id)
  if (conversation.chosen[parent] === id) {
    const next = conversation.chosen[id] ?? siblings.at(-1)
    if (next === undefined) Reflect.deleteProperty(chosen, parent)
    else chosen[parent] = next
  }
  return {
    messages: omit(conversation.messages, id),
    parents: { ...omit(conversation.parents, id), ...Object.fromEntries(orphans.map((one) => [one, parent])) },
    children: { ...omit(conversation.children, id), [parent]: siblings },
    chosen,
  }
}

/** Which of the messages that stand beside each other this one is, counted from 0, and how many there are. */
export function placeOf(conversation: Conversation, id: string): { index: number; count: number } {
  const siblings = conversation.children[conversation.parents[id] ?? ROOT] ?? []
  return { index: siblings.indexOf(id), count: siblings.length }
}

/** Choose the message that stands so many places beside this one; at the border nothing changes. */
export function chooseBeside(conversation: Conversation, id: string, step: number): Conversation {
  const parent = conversation.parents[id] ?? ROOT
  const siblings = conversation.children[parent] ?? []
  const found = siblings[siblings.indexOf(id) + step]
  return found === undefined ? conversation : { ...conversation, chosen: { ...conversation.chosen, [parent]: found } }
}

/** A conversation without branches. */
export function fromMessages(messages: Message[]): Conversation {
  return messages.reduce(append, EMPTY)
}

/** The calls at the end of the line that no tool has answered yet. */
export function openCalls(conversation: Conversation): ToolCall[] {
  const line = lineOf(conversation)
  const at = line.findLastIndex((message) => message.role !== 'tool')
  const answered = new Set(line.slice(at + 1).map((message) => message.toolCallId))
  return (line[at]?.toolCalls ?? []).filter((call) => !answered.has(call.id))
}

function omit<T>(of: Record<string, T>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(of).filter(([one]) => one !== name))
}
