import { useFormats } from '@/shared/lib/format'
import { Card } from '@/shared/ui/Page'
import { Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { canReason, creditsPerMillion, type Meter, type Model, pricePerMillionUsd } from './model'

const METERS: Meter[] = ['input', 'cached_input', 'reasoning', 'output']

/** What a million tokens of each kind cost, in dollars and in credits. */
export function PriceTable({ model }: { model: Model }) {
  const texts = useTexts().models
  const formats = useFormats()
  const rows = METERS.filter((meter) => meter !== 'reasoning' || canReason(model)).flatMap((meter) => {
    const usd = pricePerMillionUsd(model, meter)
    return usd === null ? [] : [{ meter, usd }]
  })
  return (
    <Card title={texts.prices}>
      {rows.length === 0 ? (
        <p className="text-muted">{texts.unpricedNotice}</p>
      ) : (
        <>
          <Table
            label={texts.prices}
            rows={rows}
            rowKey={(row) => row.meter}
            columns={[
              { id: 'meter', head: texts.tokens, cell: (row) => texts.meters[row.meter] },
              { id: 'usd', head: texts.usdPerMillion, isNumber: true, cell: (row) => (row.usd === 0 ? texts.free : formats.rate(row.usd)) },
              { id: 'credits', head: texts.creditsPerMillion, isNumber: true, cell: (row) => formats.credits(creditsPerMillion(row.usd)) },
            ]}
          />
          <p className="text-sm text-muted">{texts.priceNote}</p>
        </>
      )}
    </Card>
  )
}
