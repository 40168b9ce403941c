import { hashKey, type QueryClient } from '@tanstack/react-query'
import { doorQuery, forgetAnswers } from '@/shared/lib/session'
import type { makeRouter } from './router'

const DOOR = hashKey(doorQuery.queryKey)

/**
 * Act when the server tells of another session than before, which this page has not begun or ended itself: where it
 * has ended, lead to where one signs in and say so; where somebody else has signed in, begin anew for them.
 */
export function watchSession(client: QueryClient, router: ReturnType<typeof makeRouter>, beginAnew: () => void): () => void {
  const present = () => client.getQueryData(doorQuery.queryKey)?.session?.account_id ?? null
  let account = present()
  return client.getQueryCache().subscribe((event) => {
    if (event.query.queryHash !== DOOR || event.type !== 'updated' || event.action.type !== 'success') return
    const before = account
    account = present()
    if (event.action.manual || before === null || before === account) return
    if (account !== null) {
      beginAnew()
      return
    }
    forgetAnswers(client)
    const isOpenToAll = !router.state.matches.some((match) => match.routeId.startsWith('/signed-in'))
    if (!isOpenToAll) void router.navigate({ to: '/sign-in', search: { next: router.state.location.href, failure: 'session_ended' } })
  })
}
