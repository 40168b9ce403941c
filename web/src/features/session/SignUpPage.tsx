import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useFragmentSecret } from '@/shared/lib/fragment'
import { doorQuery, useSessionChange } from '@/shared/lib/session'
import { TextField } from '@/shared/ui/Field'
import { NewPasswordField } from '@/shared/ui/NewPasswordField'
import { Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { signUp } from './api'
import { SessionForm } from './SessionForm'
import { SessionPage } from './SessionPage'

export function SignUpPage() {
  const texts = useTexts().session
  const door = useQuery(doorQuery).data
  const invitation = useFragmentSecret('token')
  const mayEnter = door?.sign_up === 'open' || (door?.sign_up === 'invitation' && invitation !== null)
  return (
    <SessionPage
      title={texts.signUpTitle}
      lead={texts.signUpLead}
      below={
        <p>
          {texts.haveAccount} <Link to="/sign-in">{texts.signIn}</Link>
        </p>
      }
    >
      {mayEnter ? <SignUpForm invitation={invitation} /> : <Notice tone="warn">{door?.sign_up === 'closed' ? texts.signUpClosed : texts.signUpInvited}</Notice>}
    </SessionPage>
  )
}

function SignUpForm({ invitation }: { invitation: string | null }) {
  const texts = useTexts().session
  const navigate = useNavigate()
  const change = useSessionChange()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const creating = useMutation({
    mutationFn: () => signUp({ email, password, invitation }),
    onSuccess: async (session) => {
      change(session)
      await navigate({ to: '/' })
    },
  })
  return (
    <SessionForm action={texts.signUp} error={creating.error} isBusy={creating.isPending} onSubmit={() => creating.mutate()}>
      <TextField label={texts.email} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
      <NewPasswordField value={password} onChange={setPassword} />
    </SessionForm>
  )
}
