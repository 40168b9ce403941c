import { expect, it } from 'vitest'
import { isMonth, monthBefore, presentMonth } from './months'

it('tells the month of the time zone, not of UTC', () => {
  const newYear = new Date('2026-01-01T02:00:00Z')
  expect(presentMonth('UTC', newYear)).toBe('2026-01')
  expect(presentMonth('America/New_York', newYear)).toBe('2025-12')
})

it('counts months over the end of a year', () => {
  expect(monthBefore('2026-01')).toBe('2025-12')
  expect(monthBefore('2025-12', -1)).toBe('2026-01')
})

it('takes months only', () => {
  expect(['2026-08', '2026-13', '26-08', ''].map(isMonth)).toEqual([true, false, false, false])
})
