import { describe, expect, it } from 'vitest'
import { formOf, isInRange, type NumberParameter } from './parameters'
import { problemWith } from './jsonText'

const DOCUMENT = {
  components: {
    schemas: {
      ChatRequest: {
        properties: {
          model: { type: 'string' as const },
          messages: { type: 'array' as const, items: { discriminator: { mapping: { user: '#/u', system: '#/s' } } } },
          stream: { type: 'boolean' as const, default: false },
          temperature: { type: 'number' as const, minimum: 0, maximum: 2, description: 'Randomness.' },
          max_tokens: { anyOf: [{ type: 'number' as const, minimum: 1 }, { type: 'integer' as const, minimum: 1 }], default: 4096, 'x-clamped-to': 28000 },
          frequency_penalty: { anyOf: [{ type: 'number' as const, minimum: -2, maximum: 2 }, { type: 'null' as const }], default: 0 },
          repetition_penalty: { type: 'number' as const, exclusiveMinimum: 0, maximum: 2 },
          stop: { anyOf: [{ type: 'string' as const }, { type: 'array' as const, items: { type: 'string' as const }, maxItems: 4 }, { type: 'null' as const }] },
          parallel_tool_calls: { type: 'boolean' as const },
          tool_choice: { anyOf: [{ enum: ['auto', 'none'] }, { $ref: '#/components/schemas/Named' }] },
          effort: { enum: ['low', 'high'] },
          prediction: { $ref: '#/components/schemas/Prediction' },
          tools: { type: 'array' as const },
        },
      },
      Prediction: { type: 'object' as const, properties: { content: { $ref: '#/components/schemas/Text' } }, required: ['content'] },
      Text: { type: 'string' as const },
      Named: { type: 'object' as const },
    },
  },
}

const form = formOf(DOCUMENT)
const found = (name: string) => form.parameters.find((one) => one.name === name)!

describe('the form of a model', () => {
  it('has a control of the right kind for each parameter, and none for what has its own place', () => {
    expect(form.parameters.map(({ name, kind }) => [name, kind])).toEqual([
      ['temperature', 'number'],
      ['max_tokens', 'number'],
      ['frequency_penalty', 'number'],
      ['repetition_penalty', 'number'],
      ['stop', 'texts'],
      ['parallel_tool_calls', 'boolean'],
      ['tool_choice', 'toolChoice'],
      ['effort', 'choice'],
      ['prediction', 'json'],
    ])
  })

  it('knows ranges, defaults and descriptions', () => {
    expect(found('temperature')).toMatchObject({ minimum: 0, maximum: 2, isInteger: false, default: undefined, description: 'Randomness.' })
    expect(found('max_tokens')).toMatchObject({ minimum: 1, maximum: null, isInteger: true, clampedTo: 28000, default: 4096 })
    expect(found('frequency_penalty')).toMatchObject({ minimum: -2, maximum: 2, default: 0 })
    expect(found('stop')).toMatchObject({ maximum: 4 })
    expect(found('tool_choice')).toMatchObject({ options: ['auto', 'none'] })
  })

  it('says what the model takes at all', () => {
    expect([form.hasTools, form.hasFormat, form.roles]).toEqual([true, false, ['user', 'system']])
    expect(form.taken.has('temperature') && !form.taken.has('seed')).toBe(true)
  })

  it('checks a value of any shape by the schemas that the document refers to', () => {
    const prediction = found('prediction')
    const schema = prediction.kind === 'json' ? prediction.schema : {}

    expect(problemWith({ content: 'x' }, schema)).toBeNull()
    expect(problemWith({ content: 7 }, schema)).toContain('#/content')
  })

  it('knows which numbers the server takes', () => {
    const takes = (name: string, value: number) => isInRange(found(name) as NumberParameter, value)

    expect([0, 2, 1.5].map((value) => takes('temperature', value))).toEqual([true, true, true])
    expect([-0.1, 2.1, Number.NaN].map((value) => takes('temperature', value))).toEqual([false, false, false])
    expect([takes('repetition_penalty', 0), takes('repetition_penalty', 0.01)]).toEqual([false, true])
    expect([takes('max_tokens', 1.5), takes('max_tokens', 99_999)]).toEqual([false, true])
  })
})
