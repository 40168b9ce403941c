import { useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { CopyButton } from '@/shared/ui/Copy'
import { Dialog } from '@/shared/ui/Dialog'
import { Checkbox, TextField } from '@/shared/ui/Field'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { useCreateAccount } from '../actions'

/** Makes an account with a password that the server chooses, and shows it once. */
export function NewAccountDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const texts = useTexts().operator.accounts
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={texts.create}>
      <NewAccountForm />
    </Dialog>
  )
}

function NewAccountForm() {
  const texts = useTexts().operator.accounts
  const [email, setEmail] = useState('')
  const [isOperator, setOperator] = useState(false)
  const creating = useCreateAccount()
  const password = creating.data?.password
  if (password) {
    return (
      <div className="grid gap-4">
        <Notice tone="warn">{texts.passwordOnce(email)}</Notice>
        <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken p-2 pl-3">
          <code className="min-w-0 flex-1 font-mono text-sm break-all">{password}</code>
          <CopyButton text={password} />
        </div>
      </div>
    )
  }
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        creating.mutate({ email, is_operator: isOperator })
      }}
    >
      <TextField label={texts.email} type="email" autoComplete="off" required value={email} onChange={(event) => setEmail(event.target.value)} />
      <Checkbox label={texts.makeOperator} checked={isOperator} onChange={(event) => setOperator(event.target.checked)} />
      {creating.error && <FailureNotice error={creating.error} />}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" isBusy={creating.isPending}>
          {texts.create}
        </Button>
      </div>
    </form>
  )
}
