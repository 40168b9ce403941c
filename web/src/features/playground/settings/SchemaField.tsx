import clsx from 'clsx'
import { CONTROL, Field } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { parseSchema } from './jsonText'

interface SchemaFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
}

/** JSON Schema as text, checked while it is typed. */
export function SchemaField({ label, value, onChange }: SchemaFieldProps) {
  const texts = useTexts().playground
  const read = parseSchema(value)
  const hint = <span className={read.isValid ? 'text-good' : 'text-bad'}>{read.isValid ? texts.isSchema : read.problem}</span>
  return (
    <Field label={label} hint={hint}>
      {(wiring) => (
        <textarea
          {...wiring}
          aria-invalid={!read.isValid || undefined}
          rows={8}
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={clsx(CONTROL, 'max-h-96 py-2 font-mono text-xs leading-relaxed')}
        />
      )}
    </Field>
  )
}
