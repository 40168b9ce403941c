import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { useFormats } from '@/shared/lib/format'
import { playgroundLink } from '@/shared/lib/pages'
import { LinkButton } from '@/shared/ui/Button'
import { CopyButton } from '@/shared/ui/Copy'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge, Notice } from '@/shared/ui/Notice'
import { Empty, Page, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { answering, findModel, type Model } from './model'
import { CapabilityBadges, StateBadges, useModalityName } from './ModelBadges'
import { ModelDocument } from './ModelDocument'
import { PriceTable } from './PriceTable'
import { catalogueQuery } from './queries'
import { FirstCall } from './FirstCall'
import { Limits, LiveMetrics } from './ModelFigures'

const route = getRouteApi('/models/$')

/** All about one model, written once for every model of the catalogue. */
export function ModelPage() {
  const texts = useTexts().models
  const { _splat: name = '' } = route.useParams()
  const catalogue = useQuery(catalogueQuery)
  const model = catalogue.data && findModel(catalogue.data, name)
  if (model) return <OneModel model={model} />
  return (
    <Page title={name}>
      <Loaded query={catalogue} waiting={<Skeleton className="h-96" />}>
        {() => (
          <Empty title={texts.unknown(name)}>
            <LinkButton to="/models" kind="primary">
              {texts.toAll}
            </LinkButton>
          </Empty>
        )}
      </Loaded>
    </Page>
  )
}

function OneModel({ model }: { model: Model }) {
  const texts = useTexts().models
  return (
    <Page
      title={model.info.name}
      lead={<span lang="en">{model.info.description}</span>}
      actions={
        <>
          <LinkButton to="/models">{texts.all}</LinkButton>
          <LinkButton {...playgroundLink(model.id)} kind="primary">
            <Play aria-hidden className="size-4" />
            {texts.tryIt}
          </LinkButton>
        </>
      }
    >
      <Identity model={model} />
      <Warning model={model} />
      <div className="grid min-w-0 gap-6 lg:grid-cols-2">
        <PriceTable model={model} />
        <div className="grid min-w-0 content-start gap-6">
          <Limits model={model} />
          <LiveMetrics model={model} />
        </div>
      </div>
      <FirstCall />
      <ModelDocument model={model} />
    </Page>
  )
}

function Identity({ model }: { model: Model }) {
  const texts = useTexts().models
  const formats = useFormats()
  const modality = useModalityName()
  return (
    <div className="-mt-2 grid gap-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <code className="rounded-md bg-sunken px-2 py-1 font-mono text-sm break-all">{model.id}</code>
        <CopyButton text={model.id} label={texts.copyId} />
        {model.aliases.length > 0 && <span className="text-sm text-muted">{texts.aliases(model.aliases.join(', '))}</span>}
      </div>
      <div className="flex flex-wrap gap-1.5">
        <StateBadges model={model} />
        <CapabilityBadges model={model} />
        {model.modalities?.input.map((one) => <Badge key={one}>{texts.takesOne(modality(one))}</Badge>)}
        <Badge>{model.info.developer}</Badge>
        {model.info.releasedAt && <Badge>{texts.released(formats.date(model.info.releasedAt, 'UTC'))}</Badge>}
      </div>
    </div>
  )
}

/** What a caller has to know before anything else. */
function Warning({ model }: { model: Model }) {
  const texts = useTexts().models
  const who = answering(model)
  return (
    <>
      {who === 'standIn' && (
        <Notice tone="warn" title={texts.standInTitle}>
          <p>{texts.standInNotice}</p>
        </Notice>
      )}
      {who === 'nobody' && (
        <Notice tone="warn" title={texts.nobodyTitle}>
          <p>{texts.nobodyNotice}</p>
        </Notice>
      )}
      {!model.pricing && (
        <Notice tone="warn" title={texts.unpricedTitle}>
          <p>{texts.unpricedNotice}</p>
        </Notice>
      )}
    </>
  )
}
