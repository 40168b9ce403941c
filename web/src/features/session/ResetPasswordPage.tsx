import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useFragmentSecret } from '@/shared/lib/fragment'
import { useSessionChange } from '@/shared/lib/session'
import { NewPasswordField } from '@/shared/ui/NewPasswordField'
import { Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { setNewPassword } from './api'
import { SessionForm } from './SessionForm'
import { SessionPage } from './SessionPage'

export function ResetPasswordPage() {
  const texts = useTexts().session
  const token = useFragmentSecret('token')
  return (
    <SessionPage title={texts.resetTitle} lead={texts.resetLead} below={<Link to="/sign-in">{texts.backToSignIn}</Link>}>
      {token === null ? <Notice tone="warn">{texts.resetLinkMissing}</Notice> : <ResetForm key={token} token={token} />}
    </SessionPage>
  )
}

function ResetForm({ token }: { token: string }) {
  const texts = useTexts().session
  const change = useSessionChange()
  const [password, setPassword] = useState('')
  // All sessions end with the old password, this browser's among them.
  const setting = useMutation({ mutationFn: () => setNewPassword(token, password), onSuccess: () => change(null) })
  if (setting.isSuccess) return <Notice tone="good">{texts.resetDone}</Notice>
  return (
    <SessionForm action={texts.setPassword} error={setting.error} isBusy={setting.isPending} onSubmit={() => setting.mutate()}>
      <NewPasswordField value={password} onChange={setPassword} />
    </SessionForm>
  )
}
