import { expect, it } from 'vitest'
import { figuresFile, figuresFileName } from './exports'
import type { DaySeries } from './series'

const CHART: DaySeries = {
  series: [
    { id: 'acme/m-1.5', name: 'acme/m-1.5' },
    { id: 'others', name: '=2 others' },
  ],
  days: [
    { day: '2026-08-01', values: { 'acme/m-1.5': 391 } },
    { day: '2026-08-02', values: { others: 7 } },
  ],
}

it('writes whole credits by day, which a spreadsheet does not take for formulas', () => {
  expect(figuresFile(CHART, 'spend', 'Day')).toBe("Day,acme/m-1.5 (credits),'=2 others (credits)\r\n2026-08-01,391,0\r\n2026-08-02,0,7\r\n")
  expect(figuresFileName(CHART, 'spend')).toBe('tollway-spend-2026-08-01-2026-08-02.csv')
})
