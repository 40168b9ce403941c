import { expect, it } from 'vitest'
import type { ModelList } from '@/shared/api/schemas'
import { firstCall, firstModel } from './firstCall'

type Model = ModelList['data'][number]

function model(id: string, tags: string[], servedBy?: string): Model {
  return { id, tags, info: servedBy === undefined ? {} : { servedBy } } as unknown as Model
}

it('chooses a model that answers here before one that is only listed', () => {
  expect(firstModel([model('acme/listed', ['playground:chat']), model('acme/image', [], 'acme'), model('acme/served', ['playground:chat'], 'acme')])).toBe('acme/served')
  expect(firstModel([model('acme/listed', ['playground:chat'])])).toBe('acme/listed')
  expect(firstModel([])).toBeNull()
})

it('writes a command that takes the key from the environment and whose body is JSON', () => {
  const command = firstCall('https://llm.example.org', 'acme/served')

  expect(command).toMatch(/^curl .*https:\/\/llm\.example\.org\/v1\/chat\/completions/)
  expect(command).toContain('"Authorization: Bearer $TOLLWAY_KEY"')
  expect(JSON.parse(/-d '([^]*)'$/.exec(command)?.[1] ?? '')).toMatchObject({ model: 'acme/served', messages: [{ role: 'user' }] })
})
