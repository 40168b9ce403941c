import { expect, it } from 'vitest'
import { isPriced, previewBody, rateCardBody } from './priceDraft'

const DRAFT = { input: '0.147', cached: '0.147', reasoning: '0.588', output: '0.588', from: '' }

it('turns dollars for a million tokens into whole nano-dollars a token', () => {
  expect(rateCardBody('m', DRAFT)).toEqual({ model: 'm', input_nanousd: 147, cached_input_nanousd: 147, reasoning_nanousd: 588, output_nanousd: 588 })
})

it('refuses prices finer than a nano-dollar, negative ones and none', () => {
  expect(isPriced(DRAFT)).toBe(true)
  expect(isPriced({ ...DRAFT, input: '0.1234' })).toBe(false)
  expect(isPriced({ ...DRAFT, output: '-1' })).toBe(false)
  expect(isPriced({ ...DRAFT, cached: '' })).toBe(false)
})

it('previews the days until now', () => {
  const body = previewBody('m', DRAFT, 30, new Date('2026-03-31T00:00:00Z'))
  expect([body.from, body.to]).toEqual(['2026-03-01T00:00:00.000Z', '2026-03-31T00:00:00.000Z'])
})
