import { useSignedIn } from '@/shared/lib/session'
import { Page } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { PasswordCard } from './PasswordCard'
import { SessionsCard } from './SessionsCard'

export function AccountPage() {
  const texts = useTexts()
  const session = useSignedIn()
  return (
    <Page title={texts.nav.account} lead={texts.nav.signedInAs(session.email)}>
      <SessionsCard />
      <PasswordCard email={session.email} />
    </Page>
  )
}
