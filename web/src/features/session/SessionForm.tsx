import type { ReactNode } from 'react'
import { Button } from '@/shared/ui/Button'
import { FailureNotice } from '@/shared/ui/Notice'

interface SessionFormProps {
  /** The word on the button. */
  action: string
  error: Error | null
  isBusy: boolean
  onSubmit: () => void
  children: ReactNode
}

/** Fields, what went wrong, and the button. */
export function SessionForm({ action, error, isBusy, onSubmit, children }: SessionFormProps) {
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
      {error && <FailureNotice error={error} />}
      <Button kind="primary" type="submit" isBusy={isBusy}>
        {action}
      </Button>
    </form>
  )
}
