import { render, screen, within } from '@testing-library/react'
import { expect, it } from 'vitest'
import userEvent from '@testing-library/user-event'
import { SchemaView } from './SchemaView'
import type { ApiDocument, JsonSchema } from './types'

const DOCUMENT: ApiDocument = {
  openapi: '3.1.0',
  info: { title: 'API', version: '1' },
  paths: {},
  components: { schemas: { Tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } } } } },
}
const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    top_p: { type: 'number', minimum: 0, maximum: 1, default: 1, description: 'See `temperature`.' },
    tree: { $ref: '#/components/schemas/Tree' },
  },
  required: ['top_p'],
}

it('shows kind, range, default and description, and whether a property is required', () => {
  render(<SchemaView schema={SCHEMA} document={DOCUMENT} />)

  const [top] = screen.getAllByRole('listitem')
  for (const text of ['number', 'required', '0 – 1', 'temperature']) expect(within(top!).getByText(text)).toBeTruthy()
  expect(within(top!).getByText('Default').nextSibling?.textContent).toBe('1')
})

it('opens what stands deeper step by step, even where a schema stands within itself', async () => {
  const user = userEvent.setup()
  render(<SchemaView schema={SCHEMA} document={DOCUMENT} />)
  expect(screen.queryByText('children')).toBeNull()

  await user.click(screen.getByText('1 field', { exact: false }))
  await user.click(screen.getByText('of children'))

  expect(await screen.findAllByText('children')).toHaveLength(2)
})
