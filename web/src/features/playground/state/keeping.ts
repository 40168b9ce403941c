import { change, type Conversation, type Message } from './conversation'
import { bytesOf } from './images'
import { type Lane, NEW_PLAYGROUND, type Playground } from './playground'

/** Of whom what is kept is, and in what form. Another version of the page does not read what it may not understand. */
const KEY = (account: number) => `tollway.playground.1.${account}`

/** Larger images are not kept: a tab has room for some millions of characters, and all of it is written at every change. */
const KEPT_BYTES_MAX = 256 * 1024

/** Keep the playground in this tab, so that other pages can be visited between; best effort, for room is limited. */
export function keep(account: number, playground: Playground): void {
  try {
    sessionStorage.setItem(KEY(account), JSON.stringify(playground, withoutLargeImages))
  } catch {
    sessionStorage.removeItem(KEY(account))
  }
}

function withoutLargeImages(_name: string, value: unknown): unknown {
  const { images, ...rest } = (value ?? {}) as Partial<Message>
  if (!Array.isArray(images) || images.reduce((sum, url) => sum + bytesOf(url), 0) <= KEPT_BYTES_MAX) return value
  return { ...rest, lostImages: images.length }
}

/** What was kept of this account in this tab, or a new playground. */
export function kept(account: number): Playground {
  const text = sessionStorage.getItem(KEY(account))
  if (text === null) return NEW_PLAYGROUND
  try {
    const { lanes } = JSON.parse(text) as Playground
    const [first, second] = lanes
    return { lanes: second ? [settled(first), settled(second)] : [settled(first)] }
  } catch {
    // Somebody else's text, or half of one: it is worth less than a page that opens.
    sessionStorage.removeItem(KEY(account))
    return NEW_PLAYGROUND
  }
}

/** What was under way when the page was closed has ended with it. */
function settled(lane: Lane): Lane {
  const running = Object.values(lane.conversation.messages).filter((message) => message.outcome?.state === 'running')
  const conversation = running.reduce<Conversation>(
    (now, { id }) => change(now, id, (message) => (message.outcome ? { ...message, outcome: { ...message.outcome, state: 'stopped' } } : message)),
    lane.conversation,
  )
  return { ...lane, conversation }
}
