import { describe, expect, it } from 'vitest'
import { facts, isNullable, kindText, parts } from './readSchema'
import type { ApiDocument, JsonSchema } from './types'

const DOCUMENT: ApiDocument = {
  openapi: '3.1.0',
  info: { title: 'API', version: '1' },
  paths: {},
  components: {
    schemas: {
      Request: {
        type: 'object',
        properties: {
          model: { type: 'string', description: 'Id of the model.' },
          messages: {
            type: 'array',
            minItems: 1,
            items: {
              anyOf: [{ $ref: '#/components/schemas/User' }, { $ref: '#/components/schemas/Tool' }],
              discriminator: { propertyName: 'role' },
            },
          },
        },
        required: ['model', 'messages'],
      },
      User: { title: 'User', type: 'object', properties: { role: { enum: ['user'] }, content: { type: 'string' } } },
      Tool: { title: 'Tool', type: 'object', properties: { role: { enum: ['tool'] }, reply: { $ref: '#/components/schemas/Request' } } },
    },
  },
}
const WORDS = { arrayOf: (kind: string) => `array of ${kind}`, or: 'or', any: 'any value' }
const kind = (schema: JsonSchema) => kindText(schema, DOCUMENT, WORDS)

describe('kindText', () => {
  it.each<[string, JsonSchema]>([
    ['string or array of string', { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }] }],
    ['number', { anyOf: [{ type: 'integer' }, { type: 'number' }] }],
    ['string or object', { anyOf: [{ enum: ['auto', 'none'] }, { $ref: '#/components/schemas/User' }] }],
    ['string', { type: ['string', 'null'] }],
    ['any value', {}],
  ])('says %s', (text, schema) => {
    expect(kind(schema)).toBe(text)
  })
})

describe('parts', () => {
  it('names the forms of a choice by what tells them apart', () => {
    const [, messages] = parts({ $ref: '#/components/schemas/Request' }, DOCUMENT)

    expect(messages).toMatchObject({ name: 'messages', isRequired: true, isForm: false })
    expect(parts(messages!.schema, DOCUMENT).map((one) => [one.name, one.isForm])).toEqual([
      ['role: "user"', true],
      ['role: "tool"', true],
    ])
  })

  it('goes through a choice with one object in it, and follows a schema that stands within itself', () => {
    const reply = parts({ anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/Tool' }] }, DOCUMENT)[1]

    expect(parts(reply!.schema, DOCUMENT).map((one) => one.name)).toEqual(['model', 'messages'])
  })

  it('joins what a narrower schema says with what it narrows', () => {
    const all = parts({ allOf: [{ $ref: '#/components/schemas/Request' }, { properties: { model: { enum: ['a/b'] } } }] }, DOCUMENT)

    expect(all.map((one) => one.name)).toEqual(['model', 'messages'])
    expect(all[0]!.schema).toMatchObject({ description: 'Id of the model.', enum: ['a/b'] })
    expect(all[0]!.isRequired).toBe(true)
  })
})

describe('facts', () => {
  it('tells ranges, sizes, values and the default', () => {
    const schema: JsonSchema = {
      anyOf: [{ type: 'number', minimum: 0, maximum: 2 }, { type: 'string', minLength: 1 }, { enum: ['auto', null] }],
      default: 1,
    }

    expect(facts(schema, DOCUMENT)).toEqual([
      { name: 'range', values: ['0 – 2'] },
      { name: 'characters', values: ['≥ 1'] },
      { name: 'values', values: ['"auto"', 'null'] },
      { name: 'default', values: ['1'] },
    ])
  })

  it('knows when null is taken', () => {
    expect(isNullable({ anyOf: [{ type: 'string' }, { type: 'null' }] }, DOCUMENT)).toBe(true)
    expect(isNullable({ type: 'string' }, DOCUMENT)).toBe(false)
  })
})
