import { describe, expect, it } from 'vitest'
import { GrowingAnswer, tokensPerSecond } from './answer'
import type { Rates } from './bill'

// The page's own example: 13 tokens in, 323 of thinking, 278 of answer cost 391 credits.
const RATES: Rates = { input: 175, cachedInput: 175, output: 695, reasoning: 0 }

function begun(rates: Rates | null = RATES) {
  return new GrowingAnswer({ model: 'a/b', responseFormat: null, rates, inputTokens: 5, nowMs: 1000 })
}

function chunk(delta: object, more: object = {}) {
  return { id: 'as-1', object: 'chat.completion.chunk', created: 1, model: 'b', choices: [{ index: 0, delta, finish_reason: null }], ...more }
}

const LAST = {
  ...chunk({}),
  choices: [],
  usage: { prompt_tokens: 13, completion_tokens: 601, total_tokens: 614, completion_tokens_details: { reasoning_tokens: 323 } },
  meta: { usage: { credits_used: 391, usd_spent: 0.0001955 } },
}

describe('a growing answer', () => {
  it('keeps thinking and answer apart, and tells how long each took', () => {
    const growing = begun()
    growing.takeEvent(chunk({ role: 'assistant' }), 1100)
    growing.takeEvent(chunk({ reasoning_content: 'Let me ' }), 1400)
    growing.takeEvent(chunk({ reasoning_content: 'see.' }), 2000)
    expect(growing.answer('running', 2400).outcome.timings).toEqual({ firstTokenMs: 400, thinkingMs: 1000, totalMs: 1400 })
    growing.takeEvent(chunk({ content: '4' }), 4600)
    growing.takeEvent(chunk({ content: '2' }), 5000)

    const { content, reasoning, outcome } = growing.answer('done', 5400)
    expect([reasoning, content]).toEqual(['Let me see.', '42'])
    expect(outcome.timings).toEqual({ firstTokenMs: 400, thinkingMs: 3200, totalMs: 4400 })
  })

  it('estimates tokens and credits while it grows, and says so', () => {
    const growing = begun()
    growing.takeEvent(chunk({ reasoning_content: 'x'.repeat(40) }), 1100)
    growing.takeEvent(chunk({ content: '四十二' }), 1200)

    const { counts, bill } = growing.answer('running', 1300).outcome
    expect(counts).toEqual({ input: 5, cachedInput: 0, thinking: 10, answer: 3, isExact: false })
    expect(bill).toMatchObject({ thinking: 0, total: Math.ceil((5 * 175 + 3 * 695) / 500), isExact: false })
  })

  it('takes the count and the bill of the server at the end', () => {
    const growing = begun()
    growing.takeEvent(chunk({ content: 'Hi' }), 1500)
    growing.takeEvent(LAST, 3500)

    const { outcome } = growing.answer('done', 3500)
    expect(outcome.counts).toEqual({ input: 13, cachedInput: 0, thinking: 323, answer: 278, isExact: true })
    expect(outcome.bill).toEqual({ input: 4.55, thinking: 0, answer: 386.42, total: 391, isExact: true })
    expect(tokensPerSecond(outcome)).toBe(300.5)
  })

  it('joins the pieces of several tool calls', () => {
    const growing = begun()
    const piece = (index: number, id: string, name: string, args: string) => chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })
    for (const one of [piece(0, 'c1', 'weather', ''), piece(0, '', '', '{"city":'), piece(1, 'c2', 'time', '{}'), piece(0, '', '', '"Köln"}')]) {
      growing.takeEvent(one, 1100)
    }

    expect(growing.answer('done', 1200).toolCalls).toEqual([
      { id: 'c1', name: 'weather', arguments: '{"city":"Köln"}' },
      { id: 'c2', name: 'time', arguments: '{}' },
    ])
  })

  it('keeps the words of an error in the middle of the stream, and bills nothing', () => {
    const growing = begun()
    growing.takeEvent(chunk({ content: 'Half' }), 1100)
    growing.takeEvent({ statusCode: 502, message: 'no', requestId: 'r-1', error: { message: 'The upstream broke.', code: 'broken', type: 'x', param: null } }, 1200)

    const { content, outcome } = growing.answer('failed', 1300)
    expect(growing.isFailed).toBe(true)
    expect(content).toBe('Half')
    expect(outcome).toMatchObject({ failure: { message: 'The upstream broke.', code: 'broken', status: 502, requestId: 'r-1' }, bill: null })
  })

  it('tells of an answer that came as a whole no times that nobody measured', () => {
    const growing = begun(null)
    const message = { role: 'assistant', content: '42', reasoning_content: 'Hm.' }
    growing.takeWhole({ ...LAST, choices: [{ index: 0, message, finish_reason: 'stop' }] }, 3000)

    const { content, reasoning, outcome } = growing.answer('done', 3000)
    expect([reasoning, content, outcome.bill?.total]).toEqual(['Hm.', '42', 391])
    expect(outcome.timings).toEqual({ firstTokenMs: null, thinkingMs: null, totalMs: 2000 })
    expect(tokensPerSecond(outcome)).toBeNull()
  })
})
