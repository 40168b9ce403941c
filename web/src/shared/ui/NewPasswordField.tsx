import { useTexts } from '@/texts'
import { TextField } from './Field'

/** The server takes no shorter one; it says so too, and refuses common ones besides. */
const LENGTH_MIN = 12

interface NewPasswordFieldProps {
  value: string
  onChange: (value: string) => void
  /** What the new password brings about, beside what it has to be. */
  hint?: string
}

/** Takes a password that has to be long; what else is wrong with it the server says. */
export function NewPasswordField({ value, onChange, hint }: NewPasswordFieldProps) {
  const texts = useTexts().common
  const rule = texts.passwordHint(LENGTH_MIN)
  return (
    <TextField
      label={texts.newPassword}
      hint={hint === undefined ? rule : `${rule} ${hint}`}
      type="password"
      autoComplete="new-password"
      minLength={LENGTH_MIN}
      required
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
