import { describe, expect, it } from 'vitest'
import type { OwnersUsageDetail } from '@/shared/api/schemas'
import { homeFigures, recentWindow } from './figures'

function usage(days: Record<string, number>): OwnersUsageDetail {
  const tokens = { input: 0, output: 0, total: 0, thinking: 0 }
  const requests = { total: 3, charged: 2, succeeded: 2, failed: 1 }
  const groups = Object.entries(days).map(([day, credits]) => ({ day, credits, spend: 0, tokens, requests }))
  return { key_prefix: null, start: '', end: '', currency: 'USD', spend: 0, credits: 0, tokens, requests, models: [], groups }
}

describe('the window of the home page', () => {
  it('holds thirty days, and more on the last day of a long month', () => {
    expect(recentWindow('UTC', '2026-08-10')).toEqual({ start: '2026-07-12T00:00:00.000Z', end: '2026-08-11T00:00:00.000Z' })
    expect(recentWindow('UTC', '2026-08-31')).toEqual({ start: '2026-08-01T00:00:00.000Z', end: '2026-09-01T00:00:00.000Z' })
  })

  it('begins and ends with days of the person’s zone', () => {
    expect(recentWindow('America/New_York', '2026-11-05')).toEqual({ start: '2026-10-07T04:00:00.000Z', end: '2026-11-06T05:00:00.000Z' })
  })
})

describe('the figures of the home page', () => {
  it('count the present day and the present month, to the credit', () => {
    const figures = homeFigures(usage({ '2026-07-31': 1_000, '2026-08-01': 391, '2026-08-10': 9 }), '2026-08-10')

    expect(figures.today).toEqual({ credits: 9, requests: 3, failed: 1 })
    expect(figures.month).toEqual({ credits: 400, requests: 6, failed: 2 })
  })

  it('show thirty days, nothing on those without calls', () => {
    const { days } = homeFigures(usage({ '2026-07-31': 1_000 }), '2026-08-10')

    expect(days).toHaveLength(30)
    expect(days.filter((day) => day.credits > 0)).toEqual([{ day: '2026-07-31', credits: 1_000 }])
    expect(days.at(-1)).toEqual({ day: '2026-08-10', credits: 0 })
  })
})
