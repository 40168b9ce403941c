import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { TextField } from '@/shared/ui/Field'
import { NewPasswordField } from '@/shared/ui/NewPasswordField'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { Card } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { changePassword, sessionsQuery } from './api'

export function PasswordCard({ email }: { email: string }) {
  const texts = useTexts()
  const client = useQueryClient()
  const [current, setCurrent] = useState('')
  const [wanted, setWanted] = useState('')
  const changing = useMutation({
    mutationFn: () => changePassword(current, wanted),
    onSuccess: async () => {
      setCurrent('')
      setWanted('')
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  return (
    <Card title={texts.account.passwordTitle}>
      <form
        className="grid max-w-md gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          changing.mutate()
        }}
      >
        {/* Password managers learn from it whose password changes. */}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <TextField label={texts.account.currentPassword} type="password" autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} />
        <NewPasswordField hint={texts.account.otherSessionsEnd} value={wanted} onChange={setWanted} />
        {changing.error && <FailureNotice error={changing.error} />}
        {changing.isSuccess && <Notice tone="good">{texts.account.passwordChanged}</Notice>}
        <div>
          <Button type="submit" isBusy={changing.isPending}>
            {texts.account.changePassword}
          </Button>
        </div>
      </form>
    </Card>
  )
}
