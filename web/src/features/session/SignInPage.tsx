import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type SyntheticEvent, useState } from 'react'
import { request } from '@/shared/api/client'
import { type Session, useSessionChange } from '@/shared/lib/session'
import { Button } from '@/shared/ui/Button'
import { TextField } from '@/shared/ui/Field'
import { FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { SessionPage } from './SessionPage'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const texts = useTexts()
  const router = useRouter()
  const { next } = route.useSearch()
  const change = useSessionChange()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () => request<Session>('/console/v1/session', { method: 'POST', body: { email, password } }),
    onSuccess: (session) => {
      change(session)
      router.history.push(`/app${next ?? '/'}`)
    },
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  return (
    <SessionPage title={texts.session.signInTitle} lead={texts.session.signInLead}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={texts.session.email} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        <TextField label={texts.session.password} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        {signIn.error && <FailureNotice error={signIn.error} />}
        <Button kind="primary" type="submit" isBusy={signIn.isPending}>
          {texts.session.signIn}
        </Button>
      </form>
    </SessionPage>
  )
}
