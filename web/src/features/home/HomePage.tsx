import { useQuery } from '@tanstack/react-query'
import { Loaded } from '@/shared/ui/Loaded'
import { Card, Page, Skeleton } from '@/shared/ui/Page'
import { useSignedIn } from '@/shared/lib/session'
import { useTexts } from '@/texts'
import { Figures } from './Figures'
import { FirstCall } from './FirstCall'
import { LatestCalls } from './LatestCalls'
import { latestCallsQuery } from './queries'
import { SpendChart } from './SpendChart'
import { useRecentUsage } from './useRecentUsage'

export function HomePage() {
  const texts = useTexts()
  const session = useSignedIn()
  const recent = useRecentUsage()
  const latest = useQuery(latestCallsQuery)
  return (
    <Page title={texts.home.title} lead={texts.nav.signedInAs(session.email)}>
      <Figures recent={recent} />
      <Loaded query={latest} waiting={<Waiting />}>
        {({ data }) =>
          data.length === 0 ? (
            <FirstCall />
          ) : (
            <>
              <SpendChart recent={recent} />
              <LatestCalls calls={data} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function Waiting() {
  const texts = useTexts().home
  return (
    <Card title={texts.chartTitle}>
      <Skeleton className="h-82" />
    </Card>
  )
}
