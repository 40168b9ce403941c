import { describe, expect, it } from 'vitest'
import { dayIn } from '@/shared/lib/timeZone'
import { readUsageSearch, type UsageSearch } from './search'
import { daysIn, windowQuery } from './window'

const NOW = new Date('2026-08-01T23:30:00Z')

function asked(search: UsageSearch, zone: string, now = NOW) {
  return windowQuery(search, zone, dayIn(zone, now))
}

describe('the window that the server is asked for', () => {
  it('ends with the present day of the chosen zone, which may be tomorrow elsewhere', () => {
    expect(asked({ window: '7d' }, 'UTC')).toEqual({ start: '2026-07-26T00:00:00.000Z', end: '2026-08-02T00:00:00.000Z' })
    expect(asked({ window: '7d' }, 'Asia/Kolkata')).toEqual({ start: '2026-07-26T18:30:00.000Z', end: '2026-08-02T18:30:00.000Z' })
  })

  it('is thirty days when the address says nothing, and rolls by the hour for a day', () => {
    expect(asked({}, 'UTC')).toEqual({ start: '2026-07-03T00:00:00.000Z', end: '2026-08-02T00:00:00.000Z' })
    expect(asked({ window: '24h' }, 'UTC')).toEqual({ period: '24h' })
  })

  it('counts both days of a window of one’s own', () => {
    expect(asked({ from: '2026-03-29', to: '2026-03-29' }, 'Europe/Berlin')).toEqual({ start: '2026-03-28T23:00:00.000Z', end: '2026-03-29T22:00:00.000Z' })
  })

  it('is never longer than the server takes, also over a change of the clocks', () => {
    const query = asked({ window: '92d' }, 'America/New_York', new Date('2026-11-20T12:00:00Z'))

    expect(query).toEqual({ start: '2026-08-21T05:00:00.000Z', end: '2026-11-21T05:00:00.000Z' })
  })
})

describe('the days of a window', () => {
  it('are those of the zone, whole or not', () => {
    expect(daysIn('Europe/Berlin', { start: '2026-03-28T23:00:00.000Z', end: '2026-03-30T22:00:00.000Z' })).toEqual(['2026-03-29', '2026-03-30'])
    expect(daysIn('UTC', { start: '2026-07-31T12:00:00.000Z', end: '2026-08-01T12:00:00.000Z' })).toEqual(['2026-07-31', '2026-08-01'])
  })

  it('end before the moment at which the window does', () => {
    expect(daysIn('UTC', { start: '2026-08-01T00:00:00.000Z', end: '2026-08-02T00:00:00.000Z' })).toEqual(['2026-08-01'])
  })
})

describe('an address', () => {
  it('is kept as far as it makes sense', () => {
    expect(readUsageSearch({ window: '7d', zone: 'Asia/Tokyo', by: 'model', measure: 'tokens', key: 'twkA1b2C', status: 'failed', origin: 'playground', call: 'abc' })).toEqual({
      window: '7d',
      zone: 'Asia/Tokyo',
      by: 'model',
      measure: 'tokens',
      key: 'twkA1b2C',
      status: 'failed',
      origin: 'playground',
      call: 'abc',
    })
  })

  it('loses what the server would refuse', () => {
    expect(readUsageSearch({ window: '5y', zone: 'Mars/Olympus', by: 'moon', status: 1, from: '2026-02-30', to: '2026-03-01', model: '' })).toEqual({})
    expect(readUsageSearch({ from: '2026-03-02', to: '2026-03-01' })).toEqual({})
    expect(readUsageSearch({ from: '2026-01-01', to: '2026-04-03' })).toEqual({})
  })

  it('takes days before a preset', () => {
    expect(readUsageSearch({ window: '7d', from: '2026-01-01', to: '2026-04-02' })).toEqual({ from: '2026-01-01', to: '2026-04-02' })
  })
})
