import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { doorQuery } from '@/shared/lib/session'
import { TextField } from '@/shared/ui/Field'
import { Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { askForReset } from './api'
import { SessionForm } from './SessionForm'
import { SessionPage } from './SessionPage'

export function ForgotPasswordPage() {
  const texts = useTexts().session
  const door = useQuery(doorQuery).data
  const [email, setEmail] = useState('')
  const asking = useMutation({ mutationFn: () => askForReset(email) })
  return (
    <SessionPage title={texts.forgotTitle} lead={door?.mail === false ? undefined : texts.forgotLead} below={<Link to="/sign-in">{texts.backToSignIn}</Link>}>
      {door?.mail === false ? (
        <Notice>{texts.resetByOperator}</Notice>
      ) : asking.isSuccess ? (
        <Notice tone="good">{texts.resetSent(email)}</Notice>
      ) : (
        <SessionForm action={texts.sendLink} error={asking.error} isBusy={asking.isPending} onSubmit={() => asking.mutate()}>
          <TextField label={texts.email} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        </SessionForm>
      )}
    </SessionPage>
  )
}
