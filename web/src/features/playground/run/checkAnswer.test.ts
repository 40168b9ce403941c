import { expect, it } from 'vitest'
import { checkAnswer } from './checkAnswer'

const SCHEMA = { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object', required: ['answer'] } } }

it.each([
  ['{"answer":1}', SCHEMA, null],
  ['{}', SCHEMA, 'answer'],
  ['Sure! {}', SCHEMA, 'not valid JSON'],
  ['{}', { type: 'json_object' }, null],
  ['[1]', { type: 'json_object' }, 'JSON object'],
])('checks %s against the form that was asked for', (content, format, problem) => {
  const check = checkAnswer(content, format)
  if (problem === null) expect(check?.problem).toBeNull()
  else expect(check?.problem).toContain(problem)
})

it('checks nothing where text was asked for', () => {
  expect(checkAnswer('anything', null)).toBeNull()
  expect(checkAnswer('anything', { type: 'text' })).toBeNull()
})
