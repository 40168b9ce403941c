import type { Schema } from '@cfworker/json-schema'

const schema: Schema = { $ref: '#/$defs/schema' }
const schemas: Schema = { type: 'array', items: schema, minItems: 1 }
const named: Schema = { type: 'object', additionalProperties: schema }
const count: Schema = { type: 'integer', minimum: 0 }
const number: Schema = { type: 'number' }
const kind: Schema = { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] }

/** What the keywords of a JSON Schema may hold (draft 2020-12, its commonly used part); unknown keywords may hold anything. */
export const META_SCHEMA: Schema = {
  $ref: '#/$defs/schema',
  $defs: {
    schema: {
      type: ['object', 'boolean'],
      properties: {
        $ref: { type: 'string' },
        $defs: named,
        title: { type: 'string' },
        description: { type: 'string' },
        type: { anyOf: [kind, { type: 'array', items: kind, minItems: 1, uniqueItems: true }] },
        enum: { type: 'array' },
        properties: named,
        patternProperties: named,
        additionalProperties: schema,
        propertyNames: schema,
        required: { type: 'array', items: { type: 'string' } },
        minProperties: count,
        maxProperties: count,
        items: schema,
        prefixItems: schemas,
        contains: schema,
        minItems: count,
        maxItems: count,
        uniqueItems: { type: 'boolean' },
        minLength: count,
        maxLength: count,
        pattern: { type: 'string', format: 'regex' },
        format: { type: 'string' },
        minimum: number,
        maximum: number,
        exclusiveMinimum: number,
        exclusiveMaximum: number,
        multipleOf: { type: 'number', exclusiveMinimum: 0 },
        allOf: schemas,
        anyOf: schemas,
        oneOf: schemas,
        not: schema,
        if: schema,
        then: schema,
        else: schema,
      },
    },
  },
}
