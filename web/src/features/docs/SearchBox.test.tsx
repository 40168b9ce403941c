import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from '@tanstack/react-router'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it, vi } from 'vitest'
import { loadIndex } from './library'
import { SearchBox } from './SearchBox'

beforeEach(() => {
  // What a page without a layout lacks.
  Element.prototype.scrollIntoView = () => undefined
  vi.spyOn(window, 'scrollTo').mockImplementation(() => undefined)
})

async function shown() {
  const sections = await loadIndex()
  const root = createRootRoute({ component: () => <><SearchBox sections={sections} /><Outlet /></> })
  const page = createRoute({ getParentRoute: () => root, path: '/docs/$page', component: () => <p>page</p> })
  const history = createMemoryHistory({ initialEntries: ['/docs/errors'] })
  const router = createRouter({ routeTree: root.addChildren([page]), history })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  await screen.findByText('page')
  return { user: userEvent.setup(), history }
}

it('is reached with a slash, walked with arrows and opened with Enter', async () => {
  const { user, history } = await shown()
  await user.keyboard('/')
  const box = screen.getByRole('combobox')
  expect(document.activeElement).toBe(box)

  await user.keyboard('stream')
  const [first, second] = await screen.findAllByRole('option')
  expect(first?.textContent).toMatch(/^Streaming/)
  expect(box.getAttribute('aria-activedescendant')).toBe(first?.id)
  await user.keyboard('{ArrowDown}')
  expect(box.getAttribute('aria-activedescendant')).toBe(second?.id)
  await user.keyboard('{ArrowUp}{Enter}')

  await waitFor(() => expect(history.location.pathname).toBe('/docs/streaming'))
  expect(screen.queryByRole('option')).toBeNull()
})

it('says how much was found, and when nothing was', async () => {
  const { user } = await shown()
  await user.type(screen.getByRole('combobox'), 'xyzzy')
  await waitFor(() => expect(screen.getByRole('status').textContent).toContain('Nothing about “xyzzy”'))

  await user.clear(screen.getByRole('combobox'))
  await user.type(screen.getByRole('combobox'), 'streaming')
  await waitFor(() => expect(screen.getByRole('status').textContent).toMatch(/^\d results$/))
  await user.keyboard('{Escape}')
  expect(screen.getByRole('combobox').getAttribute('aria-expanded')).toBe('false')
})
