import { describe, expect, it } from 'vitest'
import { bodyOf } from './body'
import type { Message } from './conversation'
import { NO_FORMAT, NO_SETTINGS, type Settings } from './settings'

const SETTINGS: Settings = { ...NO_SETTINGS, model: 'baidu/ernie-x1-turbo-32k' }
const HELLO: Message = { id: 'u1', role: 'user', content: 'Hello' }
const WEATHER = { id: 't', name: 'weather', description: '', parameters: '{"type":"object"}' }

describe('the request', () => {
  it('has what was said, and nothing that was not changed', () => {
    expect(bodyOf(SETTINGS, [HELLO], null)).toEqual({
      model: 'baidu/ernie-x1-turbo-32k',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(bodyOf({ ...SETTINGS, isStreaming: false }, [HELLO], null)).not.toHaveProperty('stream')
  })

  it('begins with the system prompt, and has the changed parameters that the model takes', () => {
    const body = bodyOf({ ...SETTINGS, system: 'Be brief.', parameters: { temperature: 0, top_k: 5, tool_choice: 'auto' } }, [HELLO], new Set(['temperature', 'tool_choice']))

    expect(body.messages[0]).toEqual({ role: 'system', content: 'Be brief.' })
    expect(body).toHaveProperty('temperature', 0)
    expect(body).not.toHaveProperty('top_k')
    // Without tools a choice among them is refused.
    expect(body).not.toHaveProperty('tool_choice')
  })

  it('carries tool calls and their answers, and leaves out thinking and answers that failed', () => {
    const called: Message = { id: 'a1', role: 'assistant', content: '', reasoning: 'Hm.', toolCalls: [{ id: 'c1', name: 'weather', arguments: '{}' }] }
    const line: Message[] = [HELLO, called, { id: 't1', role: 'tool', content: 'sunny', toolCallId: 'c1' }, { id: 'a2', role: 'assistant', content: '' }]

    expect(bodyOf({ ...SETTINGS, tools: [WEATHER], parameters: { tool_choice: 'auto' } }, line, null)).toMatchObject({
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: '', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }] },
        { role: 'tool', content: 'sunny', tool_call_id: 'c1' },
      ],
      tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }],
      tool_choice: 'auto',
    })
    expect(bodyOf(SETTINGS, line, null).messages).toHaveLength(3)
  })

  it('carries images beside the text of a user’s message', () => {
    const url = 'data:image/png;base64,AAAA'
    const contentOf = (content: string) => bodyOf(SETTINGS, [{ ...HELLO, content, images: [url] }], null).messages[0]?.content

    expect(contentOf('What is this?')).toEqual([
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url } },
    ])
    expect(contentOf('')).toEqual([{ type: 'image_url', image_url: { url } }])
  })

  it('asks for the form that was chosen', () => {
    const format = (change: Partial<Settings['format']>) => bodyOf({ ...SETTINGS, format: { ...NO_FORMAT, ...change } }, [HELLO], null).response_format

    expect(format({ kind: 'text' })).toBeUndefined()
    expect(format({ kind: 'json_object' })).toEqual({ type: 'json_object' })
    expect(format({ kind: 'json_schema', name: 'a', schema: '{"type":"object"}' })).toEqual({
      type: 'json_schema',
      json_schema: { name: 'a', strict: true, schema: { type: 'object' } },
    })
  })
})
