import { render, screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { RECEIPT } from './receipt.fixture'
import { Receipt } from './Receipt'

function show(receipt = RECEIPT, keyName = (prefix: string) => prefix) {
  render(<Receipt receipt={receipt} zone="Asia/Kolkata" keyName={keyName} />)
}

function row(name: string | RegExp): string {
  return screen.getByRole('row', { name }).textContent
}

function fact(name: string): string {
  const term = screen.getByText(name, { selector: 'dt' })
  return term.nextElementSibling?.textContent ?? ''
}

describe('a receipt', () => {
  it('leads from tokens and prices over the exact sum to what was charged', () => {
    show()

    expect(row(/^Input/)).toBe('Input13175 n$2,275 n$')
    expect(row(/^Answer/)).toBe('Answer278695 n$193,210 n$')
    expect(row(/^Thinking/)).toBe('Thinking3230 n$0 n$')
    expect(row(/^Exact sum/)).toBe('Exact sum195,485 n$')
    expect(row(/rounded up/)).toBe('195,485 n$ ÷ 500 n$, rounded up391 credits')
    expect(row(/^Charged/)).toBe('Charged391 credits')
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('tells what was set aside and given back, and when, in the chosen zone', () => {
    show()

    expect(fact('Set aside')).toContain('1,395 credits · Aug 1, 2026, 5:30:00')
    expect(fact('Limit chosen')).toBe('by the caller')
    expect(fact('Given back')).toBe('1,004 credits')
    expect(fact('First piece after')).toBe('640 ms')
  })

  it('names the key, and every upstream that was asked', () => {
    show({ ...RECEIPT, attempts: [{ upstream: 'first', outcome: 'upstream_failed', status: 502, duration_ms: 80 }, ...RECEIPT.attempts] }, () => 'laptop')

    expect(fact('Key')).toBe('laptop · twkAb3dE…')
    const attempts = within(screen.getByRole('table', { name: 'Attempts' })).getAllByRole('row')
    expect(attempts.map((one) => one.textContent)).toEqual(['UpstreamOutcomeStatusDuration', 'firstupstream_failed50280 ms', 'qianfananswered2008,990 ms'])
  })

  it('says what the platform bore, and so does the sum', () => {
    show({ ...RECEIPT, settlement: { ...RECEIPT.settlement, charged_credits: 300, absorbed_credits: 91 } })

    expect(row(/^Borne by the platform/)).toBe('Borne by the platform-91 credits')
    expect(row(/^Charged/)).toBe('Charged300 credits')
  })

  it('raises an alarm when the server’s sum is not that of the lines', () => {
    show({ ...RECEIPT, rounding: { exact_nanousd: 195_000, nanousd_per_credit: 500, rounded_credits: 390 } })

    expect(screen.getByRole('alert').textContent).toContain('do not lead to the sum')
  })

  it('admits that prices are not known any more', () => {
    show({ ...RECEIPT, rate_card: null, rounding: null })

    expect(screen.getByText('The prices of this call are not known any more.')).toBeTruthy()
    expect(row(/^Input/)).toBe('Input13––')
  })
})
