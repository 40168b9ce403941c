import { describe, expect, it } from 'vitest'
import type { Model, Speeds } from './model'
import { readSelection, select, type Selection } from './selection'

function model(id: string, more: { output?: number; context?: number; capabilities?: string[]; input?: string[] } = {}): Model {
  const { output, context = 1000, capabilities = [], input = ['text'] } = more
  const rates = (['input', 'output'] as const).map((name) => ({ name, unit: 'token' as const, price: output ?? 0, per: 1_000_000 }))
  return {
    id,
    object: 'model',
    created: 0,
    owned_by: 'acme',
    aliases: [`${id}-alias`],
    type: 'openai/chat-completions',
    info: { name: id.toUpperCase(), developer: 'Acme', description: 'Thinks.', contextLength: context, outputMax: 10, docsUrl: '', docsJson: '' },
    tags: [],
    capabilities,
    modalities: { input, output: ['text'] },
    ...(output === undefined ? {} : { pricing: { kind: 'fixed' as const, currency: 'USD' as const, units: rates } }),
  }
}

const MODELS = [
  model('dear', { output: 3, context: 8000 }),
  model('cheap', { output: 0.5, capabilities: ['tools', 'vision'], input: ['text', 'image'] }),
  model('unpriced', { context: 128_000, capabilities: ['tools'] }),
]
const percentiles = (p50: number) => ({ p50, p75: p50, p90: p50, p99: p50 })
const SPEEDS: Speeds = new Map([
  ['dear', { ttft_ms: null, tps: percentiles(10), duration_ms: null }],
  ['unpriced', { ttft_ms: null, tps: percentiles(90), duration_ms: null }],
])
const ids = (selection: Selection) => select(MODELS, selection, SPEEDS).map((one) => one.id)

describe('select', () => {
  it.each<[Selection, string[]]>([
    [{}, ['dear', 'cheap', 'unpriced']],
    [{ q: 'CHEAP thinks' }, ['cheap']],
    [{ q: 'dear-alias' }, ['dear']],
    [{ capabilities: ['tools'] }, ['cheap', 'unpriced']],
    [{ capabilities: ['tools', 'vision'] }, ['cheap']],
    [{ modality: 'image' }, ['cheap']],
    [{ provider: 'Other' }, []],
    [{ price: 1 }, ['cheap']],
    [{ sort: 'price' }, ['cheap', 'dear', 'unpriced']],
    [{ sort: 'context' }, ['unpriced', 'dear', 'cheap']],
    [{ sort: 'speed' }, ['unpriced', 'dear', 'cheap']],
    [{ sort: 'name' }, ['cheap', 'dear', 'unpriced']],
  ])('%j leaves %j', (selection, expected) => {
    expect(ids(selection)).toEqual(expected)
  })
})

describe('readSelection', () => {
  it('takes what an address may say and leaves the rest aside', () => {
    const said = { q: 'x', capabilities: ['tools', 4], price: 1, sort: 'price', view: 'table', other: 'x' }

    expect(readSelection(said)).toEqual({ q: 'x', capabilities: ['tools'], price: 1, sort: 'price', view: 'table' })
    expect(readSelection({ q: '', capabilities: 'tools', price: 'cheap', sort: 'wild', view: 'cards' })).toEqual({})
  })
})
