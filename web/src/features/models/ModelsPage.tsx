import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Empty, Page, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { Filters } from './Filters'
import type { Model, Speeds } from './model'
import { ModelCards } from './ModelCards'
import { ModelTable } from './ModelTable'
import { catalogueQuery, speedsQuery } from './queries'
import { select, type Selection } from './selection'

const route = getRouteApi('/models/')

/** The catalogue. */
export function ModelsPage() {
  const texts = useTexts().models
  const catalogue = useQuery(catalogueQuery)
  const speeds = useQuery(speedsQuery).data
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded query={catalogue} waiting={<Waiting />}>
        {(models) => <Catalogue models={models} speeds={speeds ?? new Map()} />}
      </Loaded>
    </Page>
  )
}

function Catalogue({ models, speeds }: { models: Model[]; speeds: Speeds }) {
  const texts = useTexts().models
  const selection = route.useSearch()
  const navigate = route.useNavigate()
  const change = (search: Selection) => void navigate({ search, replace: true, resetScroll: false })
  const shown = select(models, selection, speeds)
  return (
    <>
      <Filters models={models} selection={selection} onChange={change} />
      <p role="status" className="-mb-3 text-sm text-muted">
        {texts.count(shown.length, models.length)}
      </p>
      {shown.length === 0 ? (
        <Empty title={texts.nothing}>
          <Button onClick={() => change(selection.view ? { view: selection.view } : {})}>{texts.clear}</Button>
        </Empty>
      ) : selection.view === 'table' ? (
        <ModelTable models={shown} speeds={speeds} />
      ) : (
        <ModelCards models={shown} speeds={speeds} />
      )}
    </>
  )
}

function Waiting() {
  return (
    <div className="grid gap-4">
      <Skeleton className="h-28" />
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {Array.from({ length: 6 }, (_, index) => (
          <Skeleton key={index} className="h-56" />
        ))}
      </div>
    </div>
  )
}
