import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Direction, MovementType, TransactionEntry } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { useTimeZone } from '@/shared/lib/timeZone'
import { SelectField, TextField } from '@/shared/ui/Field'
import { Card, Empty } from '@/shared/ui/Page'
import { PagedTable } from '@/shared/ui/PagedTable'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { type TransactionFilter, transactionsQuery } from './queries'

const DIRECTIONS: Direction[] = ['TOPUP', 'CHARGE']
const NO_FILTER: TransactionFilter = { direction: '', type: '', from: '', to: '' }

export function TransactionsCard() {
  const texts = useTexts()
  const zone = useTimeZone()
  const [filter, setFilter] = useState(NO_FILTER)
  return (
    <Card title={texts.billing.transactions}>
      <Filters filter={filter} onChange={(part) => setFilter({ ...filter, ...part })} />
      <PagedTable
        label={texts.billing.transactions}
        query={useInfiniteQuery(transactionsQuery(filter, zone))}
        columns={useColumns(zone)}
        // Two movements may share moment and reference, so their place in the list tells them apart.
        rowKey={(_, place) => place}
        empty={<Empty title={texts.billing.noTransactions} />}
      />
    </Card>
  )
}

function Filters({ filter, onChange }: { filter: TransactionFilter; onChange: (part: Partial<TransactionFilter>) => void }) {
  const texts = useTexts()
  const types = Object.keys(texts.billing.types) as MovementType[]
  return (
    <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
      <SelectField label={texts.billing.direction} value={filter.direction} onChange={(event) => onChange({ direction: event.target.value as Direction | '' })}>
        <option value="">{texts.common.all}</option>
        {DIRECTIONS.map((one) => (
          <option key={one} value={one}>
            {texts.billing.directions[one]}
          </option>
        ))}
      </SelectField>
      <SelectField label={texts.billing.type} value={filter.type} onChange={(event) => onChange({ type: event.target.value as MovementType | '' })}>
        <option value="">{texts.common.all}</option>
        {types.map((one) => (
          <option key={one} value={one}>
            {texts.billing.types[one]}
          </option>
        ))}
      </SelectField>
      <TextField label={texts.billing.from} type="date" max={filter.to || undefined} value={filter.from} onChange={(event) => onChange({ from: event.target.value })} />
      <TextField label={texts.billing.to} type="date" min={filter.from || undefined} value={filter.to} onChange={(event) => onChange({ to: event.target.value })} />
    </div>
  )
}

function useColumns(zone: string): Column<TransactionEntry>[] {
  const texts = useTexts().billing
  const format = useFormats()
  const sign = (row: TransactionEntry) => (row.direction === 'CHARGE' ? -1 : 1)
  return [
    { id: 'when', head: texts.when, cell: (row) => <span className="whitespace-nowrap">{format.moment(row.created_at, zone)}</span> },
    { id: 'type', head: texts.type, cell: (row) => texts.types[row.type] },
    { id: 'model', head: texts.model, cell: (row) => row.model ?? '' },
    { id: 'reference', head: texts.reference, cell: (row) => <code className="font-mono text-xs">{row.reference_id ?? ''}</code> },
    { id: 'credits', head: texts.inCredits, cell: (row) => format.credits(sign(row) * row.amount.credits), isNumber: true },
    { id: 'usd', head: texts.inUsd, cell: (row) => format.usd(sign(row) * row.amount.credits), isNumber: true },
  ]
}
