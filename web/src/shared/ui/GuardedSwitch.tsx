import { type ReactNode, useState } from 'react'
import { ConfirmDialog } from './Dialog'
import { Switch } from './Switch'

interface GuardedSwitchProps {
  /** What is switched, for screen readers. */
  label: string
  isOn: boolean
  isBusy: boolean
  /** What is asked before it is switched off. */
  question: string
  /** The word on the button that switches it off. */
  action: string
  /** What others will notice. */
  children: ReactNode
  onChange: (isOn: boolean) => void
}

/** A switch of something that others use: it asks before it is switched off. */
export function GuardedSwitch({ label, isOn, isBusy, question, action, children, onChange }: GuardedSwitchProps) {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Switch label={label} isOn={isOn} isBusy={isBusy} onChange={(wished) => (wished ? onChange(true) : setAsking(true))} />
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={question}
        action={action}
        isBusy={isBusy}
        error={null}
        onConfirm={() => {
          setAsking(false)
          onChange(false)
        }}
      >
        <p>{children}</p>
      </ConfirmDialog>
    </>
  )
}
