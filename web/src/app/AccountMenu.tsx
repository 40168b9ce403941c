import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { request } from '@/shared/api/client'
import { forgetAnswers, forgetTab, type Session, useSessionChange } from '@/shared/lib/session'
import { setTheme, type Theme, useTheme } from '@/shared/lib/theme'
import { Button, LinkButton } from '@/shared/ui/Button'
import { SelectField } from '@/shared/ui/Field'
import { FailureNotice } from '@/shared/ui/Notice'
import { chooseLanguage, LANGUAGES, type LanguageTag, useLanguage, useTexts } from '@/texts'

const THEMES: Theme[] = ['system', 'light', 'dark']

/** Who is signed in, with the way out, and how the app looks and speaks. */
export function AccountMenu({ session }: { session: Session | null }) {
  const texts = useTexts()
  const theme = useTheme()
  const language = useLanguage()
  return (
    <div className="grid gap-3 border-t border-line px-3 pt-4">
      {session ? (
        <SignedIn session={session} />
      ) : (
        <LinkButton to="/sign-in" kind="primary">
          {texts.nav.signIn}
        </LinkButton>
      )}
      <div className="grid gap-2">
        <SelectField label={texts.common.theme} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {texts.common.themes[one]}
            </option>
          ))}
        </SelectField>
        <SelectField label={texts.common.language} value={language} onChange={(event) => void chooseLanguage(event.target.value as LanguageTag)}>
          {Object.entries(LANGUAGES).map(([tag, { name }]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
    </div>
  )
}

function SignedIn({ session }: { session: Session }) {
  const texts = useTexts()
  const client = useQueryClient()
  const change = useSessionChange()
  const navigate = useNavigate()
  const signOut = useMutation({
    mutationFn: () => request<undefined>('/console/v1/session', { method: 'DELETE' }),
    onSuccess: async () => {
      change(null)
      await navigate({ to: '/sign-in' })
      // Only now, because the page that is left shows and keeps something to its end.
      forgetAnswers(client)
      forgetTab()
    },
  })
  return (
    <>
      <Link to="/account" className="min-w-0 truncate text-sm underline-offset-4 hover:underline" title={session.email}>
        <span className="sr-only">{texts.nav.account}: </span>
        {session.email}
      </Link>
      <Button size="small" isBusy={signOut.isPending} onClick={() => signOut.mutate()}>
        {texts.nav.signOut}
      </Button>
      {signOut.error && <FailureNotice error={signOut.error} />}
    </>
  )
}
