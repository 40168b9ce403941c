import { describe, expect, it } from 'vitest'
import { addsUp, billLines, tokensPerSecond } from './billLines'
import { RECEIPT } from './receipt.fixture'

describe('a bill', () => {
  it('is tokens times price, and adds up to the receipt’s exact sum', () => {
    expect(billLines(RECEIPT)).toEqual([
      { meter: 'input', tokens: 13, priceNanousd: 175, amountNanousd: 2_275 },
      { meter: 'cached_input', tokens: 0, priceNanousd: 175, amountNanousd: 0 },
      { meter: 'output', tokens: 278, priceNanousd: 695, amountNanousd: 193_210 },
      { meter: 'reasoning', tokens: 323, priceNanousd: 0, amountNanousd: 0 },
    ])
    expect(addsUp(RECEIPT)).toBe(true)
  })

  it('is noticed when it does not add up', () => {
    expect(addsUp({ ...RECEIPT, meters: { ...RECEIPT.meters, output: 277 } })).toBe(false)
    expect(addsUp({ ...RECEIPT, rounding: { exact_nanousd: 195_485, nanousd_per_credit: 500, rounded_credits: 390 } })).toBe(false)
  })

  it('has tokens alone where prices are not known', () => {
    expect(billLines({ ...RECEIPT, rate_card: null })[2]).toEqual({ meter: 'output', tokens: 278, priceNanousd: null, amountNanousd: null })
    expect(addsUp({ ...RECEIPT, rate_card: null, rounding: null })).toBe(false)
  })
})

describe('tokens per second', () => {
  it('count from the first piece of the answer', () => {
    const timings = { ...RECEIPT.timings, ttft_ms: 1_000, duration_ms: 4_000 }
    expect(tokensPerSecond({ ...RECEIPT, stream: true, timings })).toBeCloseTo(601 / 3)
  })

  it('are not told of an answer in one piece', () => {
    expect(tokensPerSecond({ ...RECEIPT, stream: false })).toBeNull()
  })
})
