import { describe, expect, it } from 'vitest'
import { parseObject, parseSchema, problemWith } from './jsonText'

const problemOf = (text: string) => {
  const read = parseSchema(text)
  return read.isValid ? null : read.problem
}

describe('a JSON Schema that is being typed', () => {
  it.each([
    '{}',
    '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}',
    '{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}}',
    '{"type":["string","null"],"x-anything":7}',
  ])('is sound: %s', (text) => {
    expect(problemOf(text)).toBeNull()
  })

  it.each([
    ['{"type":"objekt"}', '#/type'],
    ['{"properties":{"a":{"minLength":-1}}}', '#/properties/a/minLength'],
    ['{"required":"city"}', '#/required'],
    ['{"pattern":"("}', '#/pattern'],
    ['{"$ref":"#/$defs/gone"}', '#/$defs/gone'],
    ['{"type":"object",}', 'not valid JSON'],
    ['[]', 'JSON object'],
  ])('is not: %s', (text, place) => {
    expect(problemOf(text)).toContain(place)
  })
})

it('tells where a value breaks its schema', () => {
  const schema = { type: 'object' as const, properties: { list: { type: 'array' as const, items: { type: 'integer' as const } } }, required: ['list'] }

  expect(problemWith({ list: [1, 2] }, schema)).toBeNull()
  expect(problemWith({ list: [1, 'x'] }, schema)).toContain('#/list/1')
  expect(problemWith({}, schema)).toContain('list')
})

it('takes only objects where an object is wanted', () => {
  expect(['{}', '[]', 'null', '7'].map((text) => parseObject(text).isValid)).toEqual([true, false, false, false])
})
