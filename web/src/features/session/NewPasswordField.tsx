import { TextField } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { PASSWORD_LENGTH_MIN } from './api'

interface NewPasswordFieldProps {
  value: string
  onChange: (value: string) => void
}

/** Takes a password that has to be long; what else is wrong with it the server says. */
export function NewPasswordField({ value, onChange }: NewPasswordFieldProps) {
  const texts = useTexts().session
  return (
    <TextField
      label={texts.newPassword}
      hint={texts.passwordHint(PASSWORD_LENGTH_MIN)}
      type="password"
      autoComplete="new-password"
      minLength={PASSWORD_LENGTH_MIN}
      required
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
