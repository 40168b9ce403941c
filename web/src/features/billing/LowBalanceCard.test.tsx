import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import type { LowBalanceAnswer } from '@/shared/api/schemas'
import { setTimeZone } from '@/shared/lib/timeZone'
import { LowBalanceCard } from './LowBalanceCard'

afterEach(() => vi.unstubAllGlobals())

/** A server that has this choice, and takes another one; days are those of UTC. */
function show(present: LowBalanceAnswer) {
  setTimeZone('UTC')
  const put: unknown[] = []
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    if (init.method === 'PUT') put.push(JSON.parse(init.body as string))
    return Promise.resolve(Response.json(init.method === 'PUT' ? { ...present, ...(put.at(-1) as object) } : present))
  })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <LowBalanceCard />
    </QueryClientProvider>,
  )
  return put
}

it('switches the notice on for an amount in dollars', async () => {
  const put = show({ threshold_credits: null, low_since: null, mail: true })
  await userEvent.click(await screen.findByRole('checkbox', { name: 'Tell me by mail' }))
  const amount = screen.getByLabelText('Below (US$)')
  await userEvent.clear(amount)
  await userEvent.type(amount, '0.29')

  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(await screen.findByText('Saved')).toBeTruthy()
  expect(put).toEqual([{ threshold_credits: 580_000 }])
})

it('shows the amount that is chosen, switches it off, and says since when the balance is low', async () => {
  const put = show({ threshold_credits: 1_000_000, low_since: '2026-08-01T10:00:00Z', mail: true })
  expect((await screen.findByLabelText<HTMLInputElement>('Below (US$)')).value).toBe('0.5')
  expect(screen.getByText(/has been below it since Aug 1, 2026/)).toBeTruthy()

  await userEvent.click(screen.getByRole('checkbox', { name: 'Tell me by mail' }))
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(await screen.findByText('Saved')).toBeTruthy()
  expect(put).toEqual([{ threshold_credits: null }])
})

it('offers nothing that this server cannot do', async () => {
  show({ threshold_credits: null, low_since: null, mail: false })

  expect(await screen.findByText(/This server sends no mail/)).toBeTruthy()
  expect(screen.queryByRole('button')).toBeNull()
})
