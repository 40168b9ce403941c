import { Link } from '@tanstack/react-router'
import { useFormats } from '@/shared/lib/format'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { canReason, type Meter, type Model, pricePerMillionUsd, type Speeds } from './model'
import { CapabilityBadges, StateBadges } from './ModelBadges'

export function ModelTable({ models, speeds }: { models: Model[]; speeds: Speeds }) {
  const texts = useTexts().models
  const formats = useFormats()
  const price = (meter: Meter): Column<Model> => ({
    id: meter,
    head: texts.meters[meter],
    isNumber: true,
    cell: (model) => {
      const usd = pricePerMillionUsd(model, meter)
      return usd === null || (meter === 'reasoning' && !canReason(model)) ? '–' : formats.rate(usd)
    },
  })
  const columns: Column<Model>[] = [
    {
      id: 'model',
      head: texts.model,
      cell: (model) => (
        <div className="grid gap-0.5">
          <Link to="/models/$" params={{ _splat: model.id }} className="font-medium whitespace-nowrap text-accent hover:underline">
            {model.info.name}
          </Link>
          <span className="font-mono text-xs whitespace-nowrap text-muted">{model.id}</span>
        </div>
      ),
    },
    { id: 'state', head: texts.state, cell: (model) => <span className="flex gap-1.5">{<StateBadges model={model} />}</span> },
    { id: 'context', head: texts.context, isNumber: true, cell: (model) => formats.compact(model.info.contextLength) },
    price('input'),
    price('reasoning'),
    price('output'),
    { id: 'ttft', head: texts.ttftShort, isNumber: true, cell: (model) => shown(speeds.get(model.id)?.ttft_ms?.p50, formats.seconds) },
    { id: 'tps', head: texts.tpsShort, isNumber: true, cell: (model) => shown(speeds.get(model.id)?.tps?.p50, formats.number) },
    { id: 'capabilities', head: texts.capability, cell: (model) => <span className="flex gap-1.5">{<CapabilityBadges model={model} />}</span> },
  ]
  return (
    <div className="grid gap-2">
      <Table label={texts.title} columns={columns} rows={models} rowKey={(model) => model.id} />
      <p className="text-sm text-muted">{texts.tableNote}</p>
    </div>
  )
}

function shown(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '–' : format(value)
}
