import { useQuery } from '@tanstack/react-query'
import type { FailureEntry, HealthEntry, UpstreamEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge } from '@/shared/ui/Notice'
import { Card, Empty, Page } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { upstreamsQuery } from './queries'

export function UpstreamsPage() {
  const texts = useTexts().operator.upstreams
  const query = useQuery(upstreamsQuery)
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded query={query}>
        {({ data }) => (
          <div className="grid gap-4">
            {data.length === 0 && <Empty title={texts.none} />}
            {data.map((upstream) => (
              <Upstream key={upstream.name} upstream={upstream} />
            ))}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Upstream({ upstream }: { upstream: UpstreamEntry }) {
  const texts = useTexts().operator.upstreams
  const { health } = upstream
  return (
    <Card title={upstream.name} actions={health && <Badge tone={tone(health)}>{texts.breakers[health.breaker]}</Badge>}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        <dt className="text-muted">{texts.kind}</dt>
        <dd>{upstream.kind}</dd>
        {upstream.base_url !== null && (
          <>
            <dt className="text-muted">{texts.address}</dt>
            <dd className="break-all">{upstream.base_url}</dd>
          </>
        )}
        {upstream.priority !== null && (
          <>
            <dt className="text-muted">{texts.priority}</dt>
            <dd>{upstream.priority}</dd>
          </>
        )}
        <dt className="text-muted">{texts.models}</dt>
        <dd>{Object.keys(upstream.models).join(', ') || texts.everyModel}</dd>
        {health && <Health health={health} />}
      </dl>
      {health && <Failures failures={health.failures} />}
    </Card>
  )
}

function tone(health: HealthEntry): 'good' | 'warn' | 'bad' {
  if (health.breaker === 'open') return 'bad'
  return health.breaker === 'half_open' || health.recent_failures > 0 ? 'warn' : 'good'
}

function Health({ health }: { health: HealthEntry }) {
  const texts = useTexts()
  const format = useFormats()
  return (
    <>
      <dt className="text-muted">{texts.operator.upstreams.lastMinute}</dt>
      <dd>{texts.operator.upstreams.calls(format.number(health.recent_calls), format.number(health.recent_failures))}</dd>
      <dt className="text-muted">{texts.operator.upstreams.lastSuccess}</dt>
      <dd>{health.last_success_at === null ? texts.common.never : format.ago(health.last_success_at)}</dd>
    </>
  )
}

function Failures({ failures }: { failures: FailureEntry[] }) {
  const texts = useTexts().operator.upstreams
  const format = useFormats()
  if (failures.length === 0) return <p className="text-sm text-muted">{texts.noFailures}</p>
  const columns: Column<FailureEntry>[] = [
    { id: 'at', head: texts.at, cell: (one) => format.moment(one.at), isWhole: true },
    { id: 'model', head: texts.model, cell: (one) => one.model, isWhole: true },
    { id: 'status', head: texts.status, cell: (one) => one.status, isNumber: true },
    { id: 'code', head: texts.code, cell: (one) => <code className="font-mono text-xs">{one.code}</code> },
  ]
  return <Table label={texts.failures} columns={columns} rows={failures} rowKey={(_, place) => place} />
}
