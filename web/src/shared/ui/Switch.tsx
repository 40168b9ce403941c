import clsx from 'clsx'

interface SwitchProps {
  /** What is switched, for screen readers. */
  label: string
  isOn: boolean
  isBusy?: boolean
  onChange: (isOn: boolean) => void
}

export function Switch({ label, isOn, isBusy = false, onChange }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      aria-busy={isBusy || undefined}
      onClick={() => {
        if (!isBusy) onChange(!isOn)
      }}
      className={clsx('inline-flex h-6 w-11 shrink-0 items-center rounded-full border p-0.5 transition-colors', isOn ? 'border-accent bg-accent' : 'border-muted bg-sunken')}
    >
      <span className={clsx('size-4.5 rounded-full transition-transform', isOn ? 'translate-x-5 bg-on-accent' : 'bg-muted')} />
    </button>
  )
}
