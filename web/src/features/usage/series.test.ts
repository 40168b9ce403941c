import { describe, expect, it } from 'vitest'
import type { OwnersGroup, OwnersUsageDetail } from '@/shared/api/schemas'
import { daySeries, parts, type SeriesNames } from './series'

const NAMES: SeriesNames = {
  spend: 'Spend',
  input: 'Input',
  thinking: 'Thinking',
  answer: 'Answer',
  succeeded: 'Succeeded',
  failed: 'Failed',
  others: (count) => `${count} others`,
  key: (key) => key.name ?? key.prefix,
}
const DAYS = ['2026-08-01', '2026-08-02', '2026-08-03']

function group(day: string, credits: number, more: Partial<OwnersGroup> = {}): OwnersGroup {
  return { day, credits, spend: credits / 2_000_000, tokens: { input: 10, output: 5, total: 15, thinking: 3 }, requests: { total: 3, charged: 2, succeeded: 2, failed: 1 }, ...more }
}

function detail(groups: OwnersGroup[]): OwnersUsageDetail {
  const credits = groups.reduce((sum, one) => sum + one.credits, 0)
  return {
    key_prefix: null,
    start: '2026-08-01T00:00:00.000Z',
    end: '2026-08-04T00:00:00.000Z',
    currency: 'USD',
    spend: credits / 2_000_000,
    credits,
    tokens: { input: 0, output: 0, total: 0, thinking: 0 },
    requests: { total: 0, charged: 0, succeeded: 0, failed: 0 },
    models: [],
    groups,
  }
}

function sum(days: { values: Record<string, number> }[]): number {
  return days.flatMap((day) => Object.values(day.values)).reduce((total, value) => total + value, 0)
}

describe('days of all calls', () => {
  const usage = detail([group('2026-08-01', 391), group('2026-08-03', 9)])

  it('show every day, also those without calls', () => {
    expect(daySeries(usage, DAYS, 'total', 'spend', NAMES).days).toEqual([
      { day: '2026-08-01', values: { spend: 391 } },
      { day: '2026-08-02', values: { spend: 0 } },
      { day: '2026-08-03', values: { spend: 9 } },
    ])
  })

  it('tell input from output and failures from successes', () => {
    expect(daySeries(usage, DAYS, 'total', 'tokens', NAMES).days[0]?.values).toEqual({ input: 10, thinking: 3, answer: 2 })
    expect(daySeries(usage, DAYS, 'total', 'requests', NAMES)).toMatchObject({ series: [{ name: 'Succeeded' }, { name: 'Failed' }], days: [{ values: { succeeded: 2, failed: 1 } }, {}, {}] })
  })
})

describe('days by model', () => {
  const models = Array.from({ length: 7 }, (_, index) => group('2026-08-02', 10 ** index, { model: `acme/m-${index}.5` }))
  const usage = detail([...models, group('2026-08-01', 3, { model: 'acme/m-0.5' })])

  it('keep the four that cost most apart and put the rest together, to the credit', () => {
    const { series, days } = daySeries(usage, DAYS, 'model', 'spend', NAMES)

    expect(series.map((one) => one.name)).toEqual(['acme/m-6.5', 'acme/m-5.5', 'acme/m-4.5', 'acme/m-3.5', '3 others'])
    expect(days.map((day) => day.values)).toEqual([{ others: 3 }, { 'acme/m-6.5': 1_000_000, 'acme/m-5.5': 100_000, 'acme/m-4.5': 10_000, 'acme/m-3.5': 1_000, others: 111 }, {}])
    expect(sum(days)).toBe(usage.credits)
  })

  it('leave out what was free when money is counted, but not when requests are', () => {
    const free = detail([group('2026-08-01', 0, { model: 'acme/free' }), group('2026-08-01', 7, { model: 'acme/dear' })])

    expect(daySeries(free, DAYS, 'model', 'spend', NAMES).series.map((one) => one.id)).toEqual(['acme/dear'])
    expect(daySeries(free, DAYS, 'model', 'requests', NAMES).series.map((one) => one.id)).toEqual(['acme/dear', 'acme/free'])
  })
})

it('sums each key over all days, the highest first, and keeps two keys of one name apart', () => {
  const key = (prefix: string) => ({ key: { prefix, name: 'laptop', kind: 'api' as const } })
  const found = parts([group('2026-08-01', 5, key('twkA')), group('2026-08-02', 9, key('twkB')), group('2026-08-03', 6, key('twkA'))], 'key', 'spend', NAMES)

  expect(found).toMatchObject([
    { id: 'twkA', credits: 11, tokens: { total: 30 }, requests: { total: 6, failed: 2 } },
    { id: 'twkB', credits: 9 },
  ])
})
