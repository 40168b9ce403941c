import { describe, expect, it } from 'vitest'
import { formats } from './format'

const format = formats('en')

describe('formats', () => {
  it('turns credits into dollars, with the digits that small amounts need', () => {
    expect(format.usd(2_000_000)).toBe('$1.00')
    expect(format.usd(13)).toBe('$0.0000065')
    expect(format.usd(-4_000_000)).toBe('-$2.00')
  })

  it('keeps every digit of a price, however high it is', () => {
    expect(format.rate(1.255)).toBe('$1.255')
    expect(format.rate(12)).toBe('$12.00')
  })

  it('says how long ago something was in the largest whole unit', () => {
    const now = Date.UTC(2026, 0, 10)
    expect(format.ago(now - 61_000, now)).toBe('1 minute ago')
    expect(format.ago(now - 3 * 86_400_000, now)).toBe('3 days ago')
  })

  it('tells moments in the time zone that is asked for', () => {
    expect(format.moment('2026-01-10T23:30:00Z', 'Asia/Kolkata')).toContain('Jan 11, 2026')
    expect(format.shortMoment('2026-01-10T23:30:00Z', 'Asia/Kolkata', Date.UTC(2026, 5, 1))).toBe('Jan 11, 5:00:00 AM')
    expect(format.shortMoment('2026-01-10T23:30:00Z', 'UTC', Date.UTC(2027, 5, 1))).toContain('Jan 10, 2026')
    expect(format.shortMoment('2026-12-31T23:30:00Z', 'Asia/Kolkata', Date.UTC(2027, 5, 1))).toBe('Jan 1, 5:00:00 AM')
  })

  it('writes a day as that day wherever the browser is', () => {
    expect(format.day('2026-08-01')).toBe('Aug 1')
    expect(format.wholeDay('2026-08-01')).toBe('Sat, Aug 1, 2026')
  })

  it('keeps an axis short, from millionths of a dollar to thousands', () => {
    expect(format.usdShort(0)).toBe('$0')
    expect(format.usdShort(391)).toBe('$0.000196')
    expect(format.usdShort(3_000_000)).toBe('$1.5')
    expect(format.usdShort(2_468_000_000)).toBe('$1.23K')
  })
})
