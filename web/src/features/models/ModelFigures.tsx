import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ModelSpeed, Percentiles } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Loaded } from '@/shared/ui/Loaded'
import { Card, Skeleton } from '@/shared/ui/Page'
import { Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import type { Model } from './model'
import { speedsQuery } from './queries'

export function Limits({ model }: { model: Model }) {
  const texts = useTexts().models
  const formats = useFormats()
  return (
    <Card title={texts.limits}>
      <dl className="grid grid-cols-2 gap-4">
        <Limit label={texts.context}>{texts.tokenCount(formats.number(model.info.contextLength))}</Limit>
        <Limit label={texts.outputMax}>{texts.tokenCount(formats.number(model.info.outputMax))}</Limit>
      </dl>
    </Card>
  )
}

function Limit({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="text-lg font-semibold tabular-nums">{children}</dd>
    </div>
  )
}

/** How fast the model has been over the last minutes. */
export function LiveMetrics({ model }: { model: Model }) {
  const texts = useTexts().models
  const speeds = useQuery(speedsQuery)
  return (
    <Card title={texts.live}>
      <Loaded query={speeds} waiting={<Skeleton className="h-36" />}>
        {(all) => <Speed speed={all.get(model.id) ?? {}} />}
      </Loaded>
    </Card>
  )
}

function Speed({ speed }: { speed: Partial<ModelSpeed> }) {
  const texts = useTexts().models
  const formats = useFormats()
  const row = (label: string, values: Percentiles | null | undefined, format: (value: number) => string) => ({
    label,
    p50: values ? format(values.p50) : '–',
    p90: values ? format(values.p90) : '–',
  })
  const rows = [
    row(texts.ttft, speed.ttft_ms, formats.seconds),
    row(texts.tps, speed.tps, formats.number),
    row(texts.duration, speed.duration_ms, formats.seconds),
  ]
  const isQuiet = !speed.ttft_ms && !speed.tps && !speed.duration_ms
  return (
    <>
      <Table
        label={texts.live}
        rows={rows}
        rowKey={(one) => one.label}
        columns={[
          { id: 'label', head: texts.measure, cell: (one) => one.label },
          { id: 'p50', head: texts.median, isNumber: true, cell: (one) => one.p50 },
          { id: 'p90', head: texts.p90, isNumber: true, cell: (one) => one.p90 },
        ]}
      />
      <p className="text-sm text-muted">{isQuiet ? texts.quiet : texts.liveNote}</p>
    </>
  )
}
