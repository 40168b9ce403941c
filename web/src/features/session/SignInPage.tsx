import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { doorQuery, useSessionChange } from '@/shared/lib/session'
import { TextField } from '@/shared/ui/Field'
import { Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { signIn, singleSignOnPath } from './api'
import { SessionForm } from './SessionForm'
import { SessionPage } from './SessionPage'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const texts = useTexts().session
  const router = useRouter()
  const { next, failure } = route.useSearch()
  const door = useQuery(doorQuery).data
  const change = useSessionChange()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const entering = useMutation({
    mutationFn: () => signIn(email, password),
    onSuccess: (session) => {
      change(session)
      router.history.push(`/app${next ?? '/'}`)
    },
  })
  return (
    <SessionPage
      title={texts.signInTitle}
      lead={texts.signInLead}
      below={
        <>
          <Link to="/forgot-password">{texts.forgot}</Link>
          {door?.sign_up === 'open' && (
            <p>
              {texts.noAccount} <Link to="/sign-up">{texts.signUp}</Link>
            </p>
          )}
        </>
      }
    >
      {failure !== undefined && !entering.error && (
        <div className="mb-4">
          <Notice tone="warn">{texts.failures[failure] ?? texts.failedOtherwise}</Notice>
        </div>
      )}
      <SessionForm action={texts.signIn} error={entering.error} isBusy={entering.isPending} onSubmit={() => entering.mutate()}>
        <TextField label={texts.email} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        <TextField label={texts.password} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      </SessionForm>
      {door?.single_sign_on && (
        <a href={singleSignOnPath(next)} className="mt-4 flex min-h-10 items-center justify-center rounded-lg border border-line px-4 font-medium hover:bg-sunken">
          {texts.singleSignOn(door.single_sign_on.name)}
        </a>
      )}
    </SessionPage>
  )
}
