import clsx from 'clsx'
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react'
import { useTexts } from '@/texts'

interface FieldProps {
  label: string
  /** What stands under the field while nothing is wrong. */
  hint?: ReactNode
  error?: string | null | undefined
  isOptional?: boolean
  /** Keep the label for screen readers alone. */
  isLabelHidden?: boolean
  className?: string | undefined
}

interface Wiring {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

/** A label, a control, and below it the hint or what is wrong; the control is wired by the props that it is handed. */
export function Field({ label, hint, error, isOptional, isLabelHidden, className, children }: FieldProps & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId()
  const texts = useTexts()
  const below = `${id}-below`
  return (
    <div className={clsx('grid content-start gap-1.5', className)}>
      <label htmlFor={id} className={clsx('text-sm font-medium', isLabelHidden && 'sr-only')}>
        {label}
        {isOptional && <span className="font-normal text-muted"> ({texts.common.optional})</span>}
      </label>
      {children({ id, 'aria-describedby': (error ?? hint) ? below : undefined, 'aria-invalid': error ? true : undefined })}
      {error ? (
        <p id={below} className="text-sm text-bad" role="alert">
          {error}
        </p>
      ) : (
        hint && (
          <p id={below} className="text-sm text-muted">
            {hint}
          </p>
        )
      )}
    </div>
  )
}

export const CONTROL = 'w-full rounded-lg border border-line bg-surface px-3 text-ink placeholder:text-muted aria-invalid:border-bad disabled:opacity-60'

export function TextField({ label, hint, error, isOptional, isLabelHidden, className, ...rest }: FieldProps & Omit<InputHTMLAttributes<HTMLInputElement>, 'className'>) {
  const field = { label, hint, error, className, ...(isOptional && { isOptional }), ...(isLabelHidden && { isLabelHidden }) }
  return <Field {...field}>{(wiring) => <input {...rest} {...wiring} className={clsx(CONTROL, 'h-10')} />}</Field>
}

export function TextArea({ label, hint, error, isOptional, isLabelHidden, className, ...rest }: FieldProps & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'className'>) {
  const field = { label, hint, error, className, ...(isOptional && { isOptional }), ...(isLabelHidden && { isLabelHidden }) }
  return <Field {...field}>{(wiring) => <textarea rows={4} {...rest} {...wiring} className={clsx(CONTROL, 'py-2')} />}</Field>
}

export function SelectField({ label, hint, error, isOptional, isLabelHidden, className, ...rest }: FieldProps & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className'>) {
  const field = { label, hint, error, className, ...(isOptional && { isOptional }), ...(isLabelHidden && { isLabelHidden }) }
  return <Field {...field}>{(wiring) => <select {...rest} {...wiring} className={clsx(CONTROL, 'h-10')} />}</Field>
}

/** A box to tick, with its label behind it. */
export function Checkbox({ label, hint, ...rest }: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <input type="checkbox" {...rest} id={id} aria-describedby={hint ? `${id}-hint` : undefined} className="mt-1 size-4 accent-(--accent)" />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} className="text-sm text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
