import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { doorQuery, type Session } from '@/shared/lib/session'
import { KeyChoice } from './KeyChoice'

const SESSION: Session = { email: 'ann@example.com', account_id: 1, is_operator: false, csrf_token: 'proof' }
const KEYS = [
  { kind: 'api', name: 'laptop', prefix: 'twkA1b2C', disabled: false },
  { kind: 'api', name: 'old', prefix: 'twkOld00', disabled: true },
  { kind: 'management', name: 'books', prefix: 'twmBooks', disabled: false },
]

afterEach(() => {
  vi.unstubAllGlobals()
})

function show(session: Session | null) {
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(new Response(JSON.stringify({ data: KEYS }))))
  vi.stubGlobal('fetch', fetched)
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } })
  client.setQueryData(doorQuery.queryKey, { session, sign_up: 'open', single_sign_on: null, mail: false, payments: false })
  const onChoose = vi.fn<(comment: string | undefined) => void>()
  render(
    <QueryClientProvider client={client}>
      <KeyChoice onChoose={onChoose} />
    </QueryClientProvider>,
  )
  return { fetched, onChoose }
}

it('notes which key is meant, of those that can call a model', async () => {
  const user = userEvent.setup()
  const { onChoose } = show(SESSION)
  const choice = await screen.findByRole('combobox', { name: 'Note one of your keys in the code' })
  expect([...choice.querySelectorAll('option')].map((option) => option.textContent)).toEqual(['None', 'laptop (twkA1b2C…)'])

  await user.selectOptions(choice, 'laptop (twkA1b2C…)')
  expect(onChoose).toHaveBeenLastCalledWith('TOLLWAY_KEY is the key that begins with twkA1b2C')
  await user.selectOptions(choice, 'None')
  expect(onChoose).toHaveBeenLastCalledWith(undefined)
})

it('asks for no keys when nobody is signed in', () => {
  const { fetched } = show(null)

  expect(screen.queryByRole('combobox')).toBeNull()
  expect(fetched).not.toHaveBeenCalled()
})
