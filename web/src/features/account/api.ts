import { queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'

/** One place where the account is signed in. */
export interface SessionEntry {
  id: string
  created_at: string
  last_seen_at: string
  user_agent: string
  address: string
  is_current: boolean
}

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => request<{ data: SessionEntry[] }>('/console/v1/sessions', { signal }),
})

export async function endSession(id: string): Promise<void> {
  await request(`/console/v1/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export async function endOtherSessions(): Promise<void> {
  await request('/console/v1/sessions', { method: 'DELETE' })
}

export async function changePassword(current_password: string, new_password: string): Promise<void> {
  await request('/console/v1/password', { method: 'POST', body: { current_password, new_password } })
}
