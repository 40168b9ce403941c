import { expect, it } from 'vitest'
import type { ApiDocument } from '@/shared/schema/types'
import { callDocument } from './document'

const DOCUMENT: ApiDocument = {
  openapi: '3.1.0',
  info: { title: 'API', version: '1' },
  paths: {
    '/v1/chat/completions': {
      post: {
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object' },
              examples: { streamed: { value: { model: 'a/b', stream: true } }, plain: { value: { model: 'a/b' } } },
            },
          },
        },
        responses: {
          '200': {
            content: {
              'application/json': { schema: { type: 'object' }, example: { id: 'x' } },
              'text/event-stream': { example: { data: '{"id":"y"}' } },
            },
          },
        },
      },
    },
  },
}

it('finds the example of each form by what it asks for, with the answer to it', () => {
  expect(callDocument(DOCUMENT)?.examples).toEqual({
    whole: { body: { model: 'a/b' }, answer: '{\n  "id": "x"\n}' },
    stream: { body: { model: 'a/b', stream: true }, answer: 'data: {"id":"y"}\n\n…\n\ndata: [DONE]\n' },
  })
})

it('takes no other endpoint for the call', () => {
  expect(callDocument({ ...DOCUMENT, paths: {} })).toBeNull()
})
