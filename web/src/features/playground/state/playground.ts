import { append, change, chooseBeside, type Conversation, EMPTY, edit, lastOf, type Message, putAfter, remove, type Role } from './conversation'
import { NO_SETTINGS, type Settings } from './settings'

export type LaneId = 'a' | 'b'

/** One model with its settings, and the conversation with it. There are two while two are compared. */
export interface Lane {
  id: LaneId
  settings: Settings
  conversation: Conversation
}

export interface Playground {
  lanes: [Lane] | [Lane, Lane]
}

export const NEW_PLAYGROUND: Playground = { lanes: [{ id: 'a', settings: NO_SETTINGS, conversation: EMPTY }] }

export type Action =
  | { type: 'load'; playground: Playground }
  | { type: 'set'; lane: LaneId; settings: Partial<Settings> }
  | { type: 'parameter'; lane: LaneId; name: string; value: unknown }
  | { type: 'say'; message: Message }
  | { type: 'begin'; lane: LaneId; after: string | null; message: Message }
  | { type: 'settle'; lane: LaneId; id: string; answer: Partial<Message> }
  | { type: 'edit'; id: string; content: string; newId: string }
  | { type: 'role'; id: string; role: Role }
  | { type: 'remove'; id: string }
  | { type: 'choose'; lane: LaneId; id: string; step: number }
  | { type: 'answerCalls'; lane: LaneId; messages: Message[] }
  | { type: 'compare'; isOn: boolean }
  | { type: 'clear' }

/**
 * What a person does changes the playground by this alone. Messages that a person writes are in both lanes under one
 * id, so that editing one edits both; answers and branches are each lane's own.
 */
export function reduce(playground: Playground, action: Action): Playground {
  switch (action.type) {
    case 'load':
      return action.playground
    case 'set':
      return inLane(playground, action.lane, (lane) => ({ ...lane, settings: { ...lane.settings, ...action.settings } }))
    case 'parameter':
      return inLane(playground, action.lane, (lane) => ({
        ...lane,
        settings: { ...lane.settings, parameters: withParameter(lane.settings.parameters, action.name, action.value) },
      }))
    case 'begin':
      return inLane(playground, action.lane, (lane) => ({ ...lane, conversation: putAfter(lane.conversation, action.after, action.message) }))
    case 'settle':
      return inLane(playground, action.lane, (lane) => ({
        ...lane,
        conversation: change(lane.conversation, action.id, (message) => ({ ...message, ...action.answer })),
      }))
    case 'answerCalls':
      return inLane(playground, action.lane, (lane) => ({ ...lane, conversation: action.messages.reduce(append, lane.conversation) }))
    case 'choose':
      return inLane(playground, action.lane, (lane) => ({ ...lane, conversation: chooseBeside(lane.conversation, action.id, action.step) }))
    case 'say':
      return inConversations(playground, (conversation) => append(conversation, action.message))
    case 'edit':
      return inConversations(playground, (conversation) => edit(conversation, action.id, action.content, action.newId))
    case 'role':
      return inConversations(playground, (conversation) => change(conversation, action.id, (message) => ({ ...message, role: action.role })))
    case 'remove':
      return inConversations(playground, (conversation) => remove(conversation, action.id))
    case 'clear':
      return inConversations(playground, () => EMPTY)
    case 'compare':
      return compare(playground, action.isOn)
  }
}

export function laneOf(playground: Playground, id: LaneId): Lane | undefined {
  return playground.lanes.find((lane) => lane.id === id)
}

/** Whether the model has the next word: the line ends with something to answer. */
export function awaitsAnswer(lane: Lane): boolean {
  const last = lastOf(lane.conversation)
  return last !== undefined && last.role !== 'assistant'
}

/** A second lane begins as a copy of the first, so that one setting can be changed and the rest is the same. */
function compare(playground: Playground, isOn: boolean): Playground {
  const [first] = playground.lanes
  return { lanes: isOn ? [first, { ...first, id: 'b' }] : [first] }
}

function withParameter(parameters: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  const rest = Object.fromEntries(Object.entries(parameters).filter(([one]) => one !== name))
  return value === undefined ? rest : { ...rest, [name]: value }
}

function inLane(playground: Playground, id: LaneId, make: (lane: Lane) => Lane): Playground {
  return inLanes(playground, (lane) => (lane.id === id ? make(lane) : lane))
}

function inConversations(playground: Playground, make: (conversation: Conversation) => Conversation): Playground {
  return inLanes(playground, (lane) => {
    const conversation = make(lane.conversation)
    return conversation === lane.conversation ? lane : { ...lane, conversation }
  })
}

function inLanes(playground: Playground, make: (lane: Lane) => Lane): Playground {
  const [first, second] = playground.lanes
  return { lanes: second ? [make(first), make(second)] : [make(first)] }
}
