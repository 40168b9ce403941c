import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RateCardEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { rateCardsQuery } from '../queries'
import { PriceDialog } from './PriceDialog'
import { usdPerMillion } from './priceDraft'

export function PricesPage() {
  const texts = useTexts().operator.prices
  const query = useQuery(rateCardsQuery)
  const [changed, setChanged] = useState<RateCardEntry | null>(null)
  const columns = useColumns(setChanged)
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded query={query}>{({ data }) => <Table label={texts.title} columns={columns} rows={data} rowKey={(card) => `${card.model} ${card.version}`} isDense />}</Loaded>
      <PriceDialog card={changed} onClose={() => setChanged(null)} />
    </Page>
  )
}

function useColumns(onChange: (card: RateCardEntry) => void): Column<RateCardEntry>[] {
  const texts = useTexts().operator.prices
  const format = useFormats()
  const price = (nanousd: number) => format.rate(usdPerMillion(nanousd))
  return [
    { id: 'model', head: texts.model, cell: (card) => card.model, isWhole: true },
    { id: 'version', head: texts.version, cell: (card) => card.version, isNumber: true },
    { id: 'state', head: texts.state, cell: (card) => (card.in_force ? <Badge tone="good">{texts.inForce}</Badge> : <Badge>{texts.notInForce}</Badge>) },
    { id: 'source', head: texts.source, cell: (card) => texts.sources[card.source] },
    { id: 'input', head: texts.input, cell: (card) => price(card.input_nanousd), isNumber: true },
    { id: 'cached', head: texts.cached, cell: (card) => price(card.cached_input_nanousd), isNumber: true },
    { id: 'reasoning', head: texts.reasoning, cell: (card) => price(card.reasoning_nanousd), isNumber: true },
    { id: 'output', head: texts.output, cell: (card) => price(card.output_nanousd), isNumber: true },
    { id: 'from', head: texts.from, cell: (card) => format.date(card.effective_from), isWhole: true },
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
