import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Door, doorQuery, type Session } from '@/shared/lib/session'
import { makeQueryClient } from './queryClient'
import { makeRouter } from './router'
import { watchSession } from './watchSession'

const SOMEBODY: Session = { email: 'a@example.com', account_id: 1, is_operator: false, csrf_token: 'proof' }

let present: Session | null = null
let elsewhere: Door['single_sign_on'] = null
let asked: { path: string; body: unknown }[] = []
let readWithoutSession: string[] = []

/** A server that knows who is there, and has nothing to tell of anything else. */
function answer(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const path = input instanceof Request ? input.url : input.toString()
  if (init?.method !== 'GET') asked.push({ path, body: typeof init?.body === 'string' ? JSON.parse(init.body) : null })
  if (init?.method === 'DELETE') present = null
  else if (!present && path !== '/console/v1/door' && init?.method === 'GET') readWithoutSession.push(path)
  const door: Door = { session: present, sign_up: 'invitation', single_sign_on: elsewhere, mail: true, payments: true }
  return Promise.resolve(Response.json(path === '/console/v1/door' ? door : { data: [] }))
}

function open(path: string) {
  window.history.replaceState(null, '', `/app${path}`)
  const client = makeQueryClient()
  const router = makeRouter(client)
  const beginAnew = vi.fn()
  const unwatch = watchSession(client, router, beginAnew)
  const page = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  close = () => {
    page.unmount()
    unwatch()
    client.clear()
  }
  return { client, router, beginAnew }
}

let close: () => void = () => undefined

beforeEach(() => {
  present = null
  elsewhere = null
  asked = []
  readWithoutSession = []
  vi.stubGlobal('fetch', answer)
  vi.stubGlobal('scrollTo', () => undefined)
})

afterEach(() => {
  close()
  vi.unstubAllGlobals()
})

it('says in words why a single sign-on did not let somebody in', async () => {
  open('/sign-in?failure=domain_not_allowed')

  expect(await screen.findByText(/emails of certain domains only/)).toBeTruthy()
})

it('says that it did not work for a code that it does not know', async () => {
  open('/sign-in?failure=new_code')

  expect(await screen.findByText('Signing in did not work. Please try again.')).toBeTruthy()
})

it('lets a sign-in elsewhere come back to where somebody wanted to', async () => {
  elsewhere = { name: 'Example' }
  const { router } = open('/usage?tab=logs')

  const way = await screen.findByRole('link', { name: 'Continue with Example' })
  const { next } = router.state.location.search as { next: string }
  expect(next).toMatch(/^\/usage\?tab=/)
  expect(way.getAttribute('href')).toBe(`/console/v1/single-sign-on?${new URLSearchParams({ next })}`)
})

it.each(['/%2e%2E/console', '/a/../..', '//elsewhere.example'])('leads nobody to %s', async (next) => {
  present = SOMEBODY
  const { router } = open(`/sign-in?${new URLSearchParams({ next })}`)

  await waitFor(() => expect(router.state.location.pathname).toBe('/'))
})

it('leads whoever is signed in already on to where they wanted to', async () => {
  present = SOMEBODY
  const { router } = open('/sign-in?next=%2Faccount')

  expect(await screen.findByRole('heading', { name: 'Where you are signed in' })).toBeTruthy()
  expect(router.state.location.pathname).toBe('/account')
})

it('leads to signing in, and says why, when the session ends while a page is open', async () => {
  present = SOMEBODY
  const { client, router } = open('/account')
  await screen.findByRole('heading', { name: 'Where you are signed in' })

  present = null
  await client.invalidateQueries({ queryKey: doorQuery.queryKey })

  expect(await screen.findByText('Your session has ended. Please sign in again.')).toBeTruthy()
  expect(router.state.location.search).toMatchObject({ next: '/account' })
})

it('begins anew when somebody else has signed in meanwhile, so that nobody sees what is another person’s', async () => {
  present = SOMEBODY
  const { client, beginAnew } = open('/account')
  await screen.findByRole('heading', { name: 'Where you are signed in' })

  present = { ...SOMEBODY, account_id: 2 }
  await client.invalidateQueries({ queryKey: doorQuery.queryKey })

  expect(beginAnew).toHaveBeenCalledOnce()
})

it('forgets what the tab kept of whoever signs out', async () => {
  present = SOMEBODY
  sessionStorage.setItem('tollway.playground.1.1', 'a conversation')
  const { client } = open('/account')
  const leave = (await screen.findAllByRole('button', { name: 'Sign out' })).at(0)

  await userEvent.click(leave!)

  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeTruthy()
  await waitFor(() => expect(sessionStorage.getItem('tollway.playground.1.1')).toBeNull())
  expect(client.getQueryCache().getAll().map((query) => query.queryKey)).toEqual([['door']])
  expect(readWithoutSession).toEqual([])
})

it('takes the token of a link out of the address before it is used', async () => {
  open('/reset-password#token=secret-of-the-link')
  const field = await screen.findByLabelText('New password')
  await waitFor(() => expect(window.location.hash).toBe(''))

  await userEvent.type(field, 'a long pass phrase')
  await userEvent.click(screen.getByRole('button', { name: 'Set the password' }))

  expect(await screen.findByText(/Your new password is set/)).toBeTruthy()
  expect(asked).toEqual([{ path: '/console/v1/password-resets/complete', body: { token: 'secret-of-the-link', password: 'a long pass phrase' } }])
})
