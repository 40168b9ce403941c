import { QueryClient } from '@tanstack/react-query'
import { waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ModelEntry } from '../state/model'
import { modelsQuery } from '../queries'
import { lineOf, openCalls } from '../state/conversation'
import { NEW_PLAYGROUND, reduce } from '../state/playground'
import { Runner } from './Runner'

const MODEL = {
  id: 'a/b',
  type: 'openai/chat-completions',
  info: { name: 'B', servedBy: 'x' },
  pricing: { kind: 'fixed', currency: 'USD', units: [{ name: 'output', unit: 'token', price: 0.5, per: 1_000_000 }] },
} as unknown as ModelEntry

const encoder = new TextEncoder()

/** A server whose streams the test writes, and which remembers what it was asked. */
class Server {
  readonly asked: { path: string; body: Record<string, unknown> | null }[] = []
  private readonly answers: (() => Response)[] = []
  private readonly logs: (() => Response)[] = []
  aborted = 0

  readonly fetch = (address: string, init: RequestInit): Promise<Response> => {
    this.asked.push({ path: address.split('?')[0] ?? '', body: typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : null })
    const answer = (address.startsWith('/console/v1/logs') ? this.logs : this.answers).shift()
    if (!answer) return Promise.reject(new TypeError('no answer was prepared'))
    init.signal?.addEventListener('abort', () => (this.aborted += 1))
    return Promise.resolve(answer())
  }

  /** Prepare a stream, and return what writes and ends it. */
  stream() {
    let controller: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
    this.answers.push(() => new Response(body, { headers: { 'x-inference-id': 'inf-1' } }))
    return {
      say: (event: unknown) => controller.enqueue(encoder.encode(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)),
      end: () => controller.close(),
      break: () => controller.error(new TypeError('network error')),
    }
  }

  refuse(status: number, body: unknown): void {
    this.answers.push(() => new Response(JSON.stringify(body), { status }))
  }

  /** Prepare the log and then the receipt of the call, after the log has been asked so often in vain. */
  bill(credits: number, inVain: number): void {
    const meters = { input: 4, cached_input: 1, output: 3, reasoning: 2 }
    const prices = { version: 1, input_nanousd: 0, cached_input_nanousd: 0, output_nanousd: 500, reasoning_nanousd: 0 }
    const pages = [...Array<unknown[]>(inVain).fill([]), [{ inference_id: 'inf-1' }]].map((data) => ({ data }))
    for (const body of [...pages, { meters, rate_card: prices, settlement: { charged_credits: credits } }]) this.logs.push(() => new Response(JSON.stringify(body)))
  }
}

const delta = (given: object, finish: string | null = null) => ({ choices: [{ index: 0, delta: given, finish_reason: finish }] })

let server: Server

beforeEach(() => {
  server = new Server()
  vi.stubGlobal('fetch', server.fetch)
})

afterEach(() => vi.unstubAllGlobals())

function begin(text = 'Hello') {
  const client = new QueryClient()
  client.setQueryData(modelsQuery.queryKey, [MODEL])
  const runner = new Runner(client, reduce(NEW_PLAYGROUND, { type: 'set', lane: 'a', settings: { model: 'a/b' } }))
  runner.draft.set({ role: 'user', content: text })
  return runner
}

const line = (runner: Runner, lane = 0) => lineOf(runner.playground.read().lanes[lane]!.conversation)
const last = (runner: Runner) => line(runner).at(-1)!
const ended = (runner: Runner) => waitFor(() => expect(runner.runs.read()).toEqual({}))

describe('a run', () => {
  it('shows what has come while it comes, and keeps the whole at the end', async () => {
    const stream = server.stream()
    const runner = begin()
    runner.ask()
    stream.say(delta({ reasoning_content: 'Hm.' }))
    stream.say(delta({ content: 'Hello' }))
    const live = runner.runs.read().a!.live
    await waitFor(() => expect(live.shown.read()).toMatchObject({ reasoning: 'Hm.', content: 'Hello' }))
    expect(last(runner)).toMatchObject({ role: 'assistant', content: '', outcome: { state: 'running' } })

    stream.say(delta({ content: ' you' }, 'stop'))
    stream.say('[DONE]')
    stream.end()
    await ended(runner)

    expect(last(runner)).toMatchObject({ content: 'Hello you', reasoning: 'Hm.', outcome: { state: 'done', finishReason: 'stop', inferenceId: 'inf-1' } })
    expect(server.asked[0]).toMatchObject({ path: '/console/v1/chat/completions', body: { model: 'a/b', messages: [{ role: 'user', content: 'Hello' }] } })
    expect(runner.draft.read().content).toBe('')
  })

  it('changes what is shown once a frame, however many pieces come', async () => {
    const frames: FrameRequestCallback[] = []
    vi.stubGlobal('requestAnimationFrame', (draw: FrameRequestCallback) => frames.push(draw))
    const stream = server.stream()
    const runner = begin()
    runner.ask()
    let changes = 0
    const { shown } = runner.runs.read().a!.live
    shown.follow(() => (changes += 1))
    const saySome = () => {
      for (let piece = 0; piece < 100; piece += 1) stream.say(delta({ content: 'x' }))
    }
    saySome()
    await waitFor(() => expect(frames).toHaveLength(1))
    frames[0]!(0)
    expect(changes).toBe(1)
    expect(shown.read().content).not.toBe('')

    saySome()
    stream.say(delta({}, 'stop'))
    stream.end()
    await ended(runner)
    expect(last(runner).content).toHaveLength(200)
    expect([frames.length, changes]).toEqual([2, 1])
  })

  it('ends the call when it is stopped, keeps what has come, and fetches the bill once the log has it', async () => {
    const stream = server.stream()
    const runner = begin()
    runner.ask()
    stream.say(delta({ content: 'Half an answer' }))
    await waitFor(() => expect(runner.runs.read().a!.live.shown.read().content).toBe('Half an answer'))
    server.bill(3, 1)

    runner.stop()

    expect(last(runner)).toMatchObject({ content: 'Half an answer', outcome: { state: 'stopped', bill: { isExact: false } } })
    expect(server.aborted).toBe(1)
    stream.break()
    await waitFor(() => expect(last(runner).outcome?.bill).toEqual({ input: 0, thinking: 0, answer: 3, total: 3, isExact: true }))
    expect(last(runner).outcome?.counts).toEqual({ input: 5, cachedInput: 1, thinking: 2, answer: 3, isExact: true })
    expect(server.asked.slice(1).map(({ path }) => path)).toEqual(['/console/v1/logs', '/console/v1/logs', '/console/v1/logs/inf-1'])
  })

  it('tells a refusal in the words of the server', async () => {
    server.refuse(403, { error: { message: 'You are out of credits.', code: 'insufficient_credits' } })
    const runner = begin()
    runner.ask()
    await ended(runner)

    expect(last(runner).outcome).toMatchObject({ state: 'failed', failure: { message: 'You are out of credits.', code: 'insufficient_credits', status: 403 }, bill: null })
  })

  it.each([
    ['a connection that breaks', (stream: ReturnType<Server['stream']>) => stream.break()],
    ['a stream that ends without its end', (stream: ReturnType<Server['stream']>) => stream.end()],
  ])('does not take %s for an answer, and tells what it cost', async (_, end) => {
    server.bill(2, 0)
    const stream = server.stream()
    const runner = begin()
    runner.ask()
    stream.say(delta({ content: 'Half' }))
    await waitFor(() => expect(runner.runs.read().a!.live.shown.read().content).toBe('Half'))
    end(stream)
    await ended(runner)

    expect(last(runner)).toMatchObject({ outcome: { state: 'failed', failure: { message: 'The answer broke off before its end.' } } })
    await waitFor(() => expect(last(runner).outcome?.bill).toMatchObject({ total: 2, isExact: true }))
  })

  it('answers again beside the first answer', async () => {
    const runner = begin()
    for (const word of ['one', 'two']) {
      const stream = server.stream()
      stream.say(delta({ content: word }, 'stop'))
      stream.end()
    }
    runner.ask()
    await ended(runner)
    runner.retry('a', last(runner).id)
    await ended(runner)

    expect(line(runner).map((message) => message.content)).toEqual(['Hello', 'two'])
    expect(server.asked[1]?.body).toEqual(server.asked[0]?.body)
  })

  it('asks both models that are compared, and one that cannot be asked does not hold the other up', async () => {
    const runner = begin()
    runner.dispatch({ type: 'compare', isOn: true })
    runner.dispatch({ type: 'set', lane: 'b', settings: { model: '' } })
    const stream = server.stream()
    stream.say(delta({ content: 'A' }, 'stop'))
    stream.end()
    runner.ask()
    await ended(runner)

    expect([line(runner, 0), line(runner, 1)].map((messages) => messages.map((message) => message.content))).toEqual([['Hello', 'A'], ['Hello']])
  })

  it('goes on once every tool has its answer', async () => {
    const call = (index: number, id: string) => delta({ tool_calls: [{ index, id, type: 'function', function: { name: 'weather', arguments: '{}' } }] })
    const runner = begin()
    const first = server.stream()
    for (const event of [call(0, 'c1'), call(1, 'c2'), delta({}, 'tool_calls')]) first.say(event)
    first.end()
    runner.ask()
    await ended(runner)
    expect(openCalls(runner.playground.read().lanes[0].conversation).map((one) => one.id)).toEqual(['c1', 'c2'])

    const second = server.stream()
    second.say(delta({ content: 'Sunny.' }, 'stop'))
    second.end()
    runner.continueWith('a', [
      { callId: 'c1', content: 'sun' },
      { callId: 'c2', content: 'noon' },
    ])
    await ended(runner)

    expect(last(runner).content).toBe('Sunny.')
    expect(server.asked[1]?.body?.messages).toMatchObject([{ role: 'user' }, { role: 'assistant', tool_calls: [{ id: 'c1' }, { id: 'c2' }] }, { role: 'tool', content: 'sun', tool_call_id: 'c1' }, { role: 'tool', tool_call_id: 'c2' }])
  })

  it('shows as the next request what is being written, and afterwards the one that was sent', async () => {
    const runner = begin('Hello')
    const next = () => runner.nextBody(runner.playground.read().lanes[0])
    const before = next()
    expect(before?.messages).toEqual([{ role: 'user', content: 'Hello' }])
    const stream = server.stream()
    stream.say(delta({ content: 'Hi' }, 'stop'))
    stream.end()
    runner.ask()
    await ended(runner)

    expect(server.asked[0]?.body).toEqual(before)
    expect(next()).toEqual(before)
  })
})
