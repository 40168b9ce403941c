import { expect, it } from 'vitest'
import { lowBalanceNotice } from './lowBalanceNotice'

it('asks for whole credits, whatever binary fractions make of the dollars', () => {
  expect(lowBalanceNotice(true, '5')).toEqual({ threshold_credits: 10_000_000 })
  expect(lowBalanceNotice(true, '0.29')).toEqual({ threshold_credits: 580_000 })
})

it('asks for no notice where it is switched off', () => {
  expect(lowBalanceNotice(false, '5')).toEqual({ threshold_credits: null })
})
