import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { LinkButton } from '@/shared/ui/Button'
import { FailureNotice } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { useTexts } from '@/texts'

export function FailurePage({ error }: ErrorComponentProps) {
  const texts = useTexts()
  const router = useRouter()
  return (
    <Page title={texts.failure.title}>
      <FailureNotice error={error instanceof Error ? error : new Error(String(error))} onRetry={() => void router.invalidate()} />
    </Page>
  )
}

export function NotFoundPage() {
  const texts = useTexts()
  return (
    <Page title={texts.failure.notFoundTitle} lead={texts.failure.notFound}>
      <div>
        <LinkButton to="/" kind="primary">
          {texts.failure.toHome}
        </LinkButton>
      </div>
    </Page>
  )
}
