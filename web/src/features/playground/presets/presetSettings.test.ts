import { describe, expect, it } from 'vitest'
import { edit, fromMessages, lineOf } from '../state/conversation'
import { NEW_PLAYGROUND, type Playground } from '../state/playground'
import { playgroundOf, settingsToSave } from './presetSettings'

const CONVERSATION = fromMessages([
  { id: 'u1', role: 'user', content: 'Weather?' },
  { id: 'a1', role: 'assistant', content: '', reasoning: 'Hm.', toolCalls: [{ id: 'c1', name: 'weather', arguments: '{}' }] },
  { id: 't1', role: 'tool', content: 'sunny', toolCallId: 'c1' },
])
const [NEW] = NEW_PLAYGROUND.lanes
const PLAYGROUND: Playground = {
  lanes: [
    {
      id: 'a',
      conversation: CONVERSATION,
      settings: {
        ...NEW.settings,
        model: 'a/b',
        system: 'Be brief.',
        isStreaming: false,
        parameters: { temperature: 0.3, stop: ['x'] },
        tools: [{ id: 'one', name: 'weather', description: '', parameters: '{' }],
        format: { kind: 'json_schema', name: 'n', schema: '{}', isStrict: false },
      },
    },
    { id: 'b', conversation: edit(CONVERSATION, 'u1', 'Time?', 'u2'), settings: { ...NEW.settings, model: 'c/d' } },
  ],
}

const saved = (playground: Playground) => JSON.parse(JSON.stringify(settingsToSave(playground))) as Record<string, unknown>

describe('a preset', () => {
  it('brings back the settings and the messages of both lanes', () => {
    const [first, second] = playgroundOf('a/b', saved(PLAYGROUND)).lanes

    expect(lineOf(first.conversation)).toEqual(lineOf(CONVERSATION))
    expect(first.settings).toMatchObject({ ...PLAYGROUND.lanes[0].settings, tools: [{ name: 'weather', parameters: '{' }] })
    expect([second?.settings.model, second && lineOf(second.conversation).map((one) => one.content)]).toEqual(['c/d', ['Time?']])
  })

  it('takes the system message of a preset that a program made as the system prompt', () => {
    const [lane] = playgroundOf('a/b', { messages: [{ role: 'system', content: 'Answer in one sentence.' }, { role: 'user', content: 'Hi' }] }).lanes

    expect(lane.settings.system).toBe('Answer in one sentence.')
    expect(lineOf(lane.conversation).map((one) => one.content)).toEqual(['Hi'])
  })

  it.each([{}, { messages: 'no', tools: 7, format: null, parameters: [], compared: 'x' }, { messages: [{ role: 'owner' }, null], format: { kind: 'xml' } }])(
    'opens with what it can read of strange settings: %j',
    (settings) => {
      const { lanes } = playgroundOf('a/b', settings)

      expect(lanes).toHaveLength(1)
      expect(lanes[0]).toMatchObject({ settings: { ...NEW.settings, model: 'a/b' }, conversation: { messages: {} } })
    },
  )
})
