import { request } from '@/shared/api/client'
import type { Session } from '@/shared/lib/session'

interface NewAccount {
  email: string
  password: string
  invitation: string | null
}

export function signIn(email: string, password: string): Promise<Session> {
  return request<Session>('/console/v1/session', { method: 'POST', body: { email, password } })
}

/** Where the browser begins to sign in elsewhere; it comes back to `next`, or to the home of the app. */
export function singleSignOnPath(next?: string): string {
  return `/console/v1/single-sign-on${next === undefined ? '' : `?${new URLSearchParams({ next })}`}`
}

export function signUp({ email, password, invitation }: NewAccount): Promise<Session> {
  return request<Session>('/console/v1/accounts', { method: 'POST', body: { email, password, ...(invitation !== null && { invitation }) } })
}

export async function askForReset(email: string): Promise<void> {
  await request('/console/v1/password-resets', { method: 'POST', body: { email } })
}

export async function setNewPassword(token: string, password: string): Promise<void> {
  await request('/console/v1/password-resets/complete', { method: 'POST', body: { token, password } })
}
