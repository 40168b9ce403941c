import { useSignedIn } from '@/shared/lib/session'
import { Page } from '@/shared/ui/Page'
import { useTexts } from '@/texts'

export function HomePage() {
  const texts = useTexts()
  const session = useSignedIn()
  return <Page title={texts.nav.home}>{texts.nav.signedInAs(session.email)}</Page>
}
