import { expect, it } from 'vitest'
import { addDays, countDays, currentTimeZone, dayIn, daysUntil, isTimeZone, startOfDay } from './timeZone'

it('finds where a day begins, also on the days on which the clocks change', () => {
  expect(startOfDay('UTC', '2026-01-10').toISOString()).toBe('2026-01-10T00:00:00.000Z')
  expect(startOfDay('Asia/Kolkata', '2026-01-10').toISOString()).toBe('2026-01-09T18:30:00.000Z')
  expect(startOfDay('Europe/Berlin', '2026-03-29').toISOString()).toBe('2026-03-28T23:00:00.000Z')
  expect(startOfDay('Europe/Berlin', '2026-03-30').toISOString()).toBe('2026-03-29T22:00:00.000Z')
  expect(startOfDay('America/New_York', '2026-11-02').toISOString()).toBe('2026-11-02T05:00:00.000Z')
})

it('names the day of an instant in a zone', () => {
  expect(dayIn('Asia/Kolkata', new Date('2026-01-09T18:30:00Z'))).toBe('2026-01-10')
  expect(dayIn('America/New_York', new Date('2026-01-10T04:59:59Z'))).toBe('2026-01-09')
})

it('counts days back over the end of a month', () => {
  expect(daysUntil('2026-03-01', 3)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01'])
})

it('adds and counts days over the ends of months and changes of the clocks', () => {
  expect(addDays('2026-03-28', 2)).toBe('2026-03-30')
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
  expect(countDays('2026-02-27', '2026-03-01')).toBe(3)
  expect(countDays('2026-03-02', '2026-03-01')).toBe(0)
})

it('knows zones by name, and passes over a kept one that the browser does not know', () => {
  expect(isTimeZone('Europe/Berlin')).toBe(true)
  expect(isTimeZone('Mars/Olympus')).toBe(false)
  localStorage.setItem('tollway.timeZone', 'Mars/Olympus')
  expect(isTimeZone(currentTimeZone())).toBe(true)
})
