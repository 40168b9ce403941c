import { type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request, setCsrfToken } from '@/shared/api/client'

export interface Session {
  email: string
  account_id: number
  is_operator: boolean
  csrf_token: string
}

/** What a visitor may do here, and who is signed in. */
export interface Door {
  session: Session | null
  sign_up: 'open' | 'invitation' | 'closed'
  single_sign_on: { name: string } | null
  /** Whether the server can send mail, such as a link to set a new password. */
  mail: boolean
  /** Whether there is a payment provider through which credits can be bought. */
  payments: boolean
}

export const doorQuery = queryOptions({
  queryKey: ['door'],
  queryFn: async ({ signal }) => {
    const door = await request<Door>('/console/v1/door', { signal })
    setCsrfToken(door.session?.csrf_token ?? null)
    return door
  },
  staleTime: 60_000,
})

/** Who is signed in, or null; undefined until it is known. */
export function useSession(): Session | null | undefined {
  return useQuery(doorQuery).data?.session
}

/** Who is signed in, on pages that only signed-in people reach; still told while a session that has ended leads away. */
export function useSignedIn(): Session {
  const session = useSession()
  const [last, setLast] = useState(session)
  if (session && session !== last) setLast(session)
  const known = session ?? last
  if (!known) throw new Error('This page needs a session')
  return known
}

/** Forget all that was asked for whoever was there before. What is on the screen still would be asked for anew, so it stays. */
export function forgetAnswers(client: QueryClient): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'door' && !query.isActive() })
}

/** Forget what this tab keeps of the person who leaves, such as their conversations. */
export function forgetTab(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith('tollway.')) sessionStorage.removeItem(key)
  }
}

/** Take over a session that has just begun or ended; what was known of the one before is forgotten. */
export function useSessionChange(): (session: Session | null) => void {
  const client = useQueryClient()
  return (session) => {
    setCsrfToken(session?.csrf_token ?? null)
    forgetAnswers(client)
    const door = client.getQueryData(doorQuery.queryKey)
    if (door) client.setQueryData(doorQuery.queryKey, { ...door, session })
  }
}
