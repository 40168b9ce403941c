import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RateCardEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge } from '@/shared/ui/Notice'
import { Card, Page } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { modelsQuery, rateCardsQuery } from '../queries'
import { PriceDialog } from './PriceDialog'
import { draftOf, NO_PRICE, type Priced, usdPerMillion } from './priceDraft'

export function PricesPage() {
  const texts = useTexts().operator.prices
  const query = useQuery(rateCardsQuery)
  const [changed, setChanged] = useState<Priced | null>(null)
  const columns = useColumns((card) => setChanged({ model: card.model, draft: draftOf(card) }))
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded query={query}>{({ data }) => <Table label={texts.title} columns={columns} rows={data} rowKey={(card) => `${card.model} ${card.version}`} isDense />}</Loaded>
      <Unpriced onPrice={(model) => setChanged({ model, draft: NO_PRICE })} />
      <PriceDialog priced={changed} onClose={() => setChanged(null)} />
    </Page>
  )
}

/** Models that nobody can call before they have a price. */
function Unpriced({ onPrice }: { onPrice: (model: string) => void }) {
  const texts = useTexts().operator.prices
  const models = useQuery(modelsQuery).data?.data.filter((model) => model.price === null && model.next_price === null) ?? []
  if (models.length === 0) return null
  return (
    <Card title={texts.unpriced}>
      <ul className="grid gap-2">
        {models.map((model) => (
          <li key={model.id} className="flex flex-wrap items-center justify-between gap-2">
            {model.id}
            <Button size="small" aria-label={`${texts.set} ${model.id}`} onClick={() => onPrice(model.id)}>
              {texts.set}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function useColumns(onChange: (card: RateCardEntry) => void): Column<RateCardEntry>[] {
  const texts = useTexts().operator.prices
  const format = useFormats()
  const price = (nanousd: number) => format.rate(usdPerMillion(nanousd))
  return [
    {
      id: 'model',
      head: texts.model,
      cell: (card) => (
        <span className="grid min-w-40 justify-items-start gap-1">
          {card.model}
          <span className="flex flex-wrap items-center gap-2 text-xs text-muted">
            {card.in_force ? <Badge tone="good">{texts.inForce}</Badge> : <Badge>{texts.notInForce}</Badge>}
            {texts.versionFrom(card.version, texts.sources[card.source])}
          </span>
        </span>
      ),
    },
    { id: 'input', head: texts.input, cell: (card) => price(card.input_nanousd), isNumber: true },
    { id: 'cached', head: texts.cached, cell: (card) => price(card.cached_input_nanousd), isNumber: true },
    { id: 'reasoning', head: texts.reasoning, cell: (card) => price(card.reasoning_nanousd), isNumber: true },
    { id: 'output', head: texts.output, cell: (card) => price(card.output_nanousd), isNumber: true },
    { id: 'from', head: texts.from, cell: (card) => format.moment(card.effective_from), isWhole: true },
    {
      id: 'change',
      head: <span className="sr-only">{texts.change}</span>,
      cell: (card) =>
        card.in_force ? (
          <Button size="small" aria-label={`${texts.change} ${card.model}`} onClick={() => onChange(card)}>
            {texts.change}
          </Button>
        ) : null,
    },
  ]
}
