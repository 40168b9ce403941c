import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Printer } from 'lucide-react'
import type { StatementAnswer } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { useTimeZone } from '@/shared/lib/timeZone'
import { Button, LinkButton } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Notice } from '@/shared/ui/Notice'
import { Page } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { monthBefore, presentMonth } from './months'
import { statementQuery } from './queries'

const route = getRouteApi('/signed-in/billing/statement/$month')

/** A month's statement, for the screen and for paper. */
export function StatementPage() {
  const texts = useTexts()
  const { month } = route.useParams()
  const zone = useTimeZone()
  const statement = useQuery(statementQuery(month, zone))
  return (
    <Page
      title={texts.billing.statementOf(month)}
      actions={
        <div className="flex flex-wrap gap-2 print:hidden">
          <LinkButton to="/billing/statement/$month" params={{ month: monthBefore(month) }}>
            {texts.common.previous}
          </LinkButton>
          {month < presentMonth(zone) && (
            <LinkButton to="/billing/statement/$month" params={{ month: monthBefore(month, -1) }}>
              {texts.common.next}
            </LinkButton>
          )}
          <Button kind="primary" onClick={() => window.print()}>
            <Printer aria-hidden className="size-4" />
            {texts.billing.print}
          </Button>
        </div>
      }
    >
      <Loaded query={statement}>{(found) => <Statement statement={found} />}</Loaded>
    </Page>
  )
}

function Statement({ statement }: { statement: StatementAnswer }) {
  const texts = useTexts().billing
  const format = useFormats()
  const movements = statement.movements.map((one) => ({ ...one, credits: (one.direction === 'CHARGE' ? -1 : 1) * one.amount.credits }))
  const total = movements.reduce((sum, one) => sum + one.credits, 0)
  return (
    <div className="grid gap-6">
      <p className="text-muted">{texts.statementFor(statement.email, format.date(statement.start, statement.timezone), statement.timezone)}</p>
      {!statement.is_final && <Notice>{texts.notFinal}</Notice>}
      <section className="grid gap-2">
        <h2 className="font-semibold">{texts.movements}</h2>
        <Table
          label={texts.movements}
          columns={balanceColumns(texts, format)}
          rows={[
            { name: texts.opening, count: null, credits: statement.opening.credits },
            ...movements.map((one) => ({ name: texts.types[one.type], count: one.count, credits: one.credits })),
            { name: texts.closing, count: null, credits: statement.closing.credits },
          ]}
          rowKey={(row) => `${row.name} ${row.credits}`}
        />
        <p className="text-sm text-muted">{texts.identity(format.credits(statement.opening.credits), format.credits(total), format.credits(statement.closing.credits))}</p>
      </section>
      <section className="grid gap-2">
        <h2 className="font-semibold">{texts.byModel}</h2>
        <Table label={texts.byModel} columns={modelColumns(texts, format)} rows={statement.models} rowKey={(one) => one.model} />
      </section>
    </div>
  )
}

type BillingTexts = ReturnType<typeof useTexts>['billing']
type Formats = ReturnType<typeof useFormats>

interface BalanceRow {
  name: string
  count: number | null
  credits: number
}

function balanceColumns(texts: BillingTexts, format: Formats): Column<BalanceRow>[] {
  return [
    { id: 'name', head: texts.type, cell: (row) => row.name, isWhole: true },
    { id: 'count', head: texts.count, cell: (row) => (row.count === null ? '' : format.number(row.count)), isNumber: true },
    { id: 'credits', head: texts.inCredits, cell: (row) => format.credits(row.credits), isNumber: true },
    { id: 'usd', head: texts.inUsd, cell: (row) => format.usd(row.credits), isNumber: true },
  ]
}

function modelColumns(texts: BillingTexts, format: Formats): Column<StatementAnswer['models'][number]>[] {
  return [
    { id: 'model', head: texts.model, cell: (one) => one.model, isWhole: true },
    { id: 'requests', head: texts.requests, cell: (one) => format.number(one.requests.total), isNumber: true },
    { id: 'input', head: texts.inputTokens, cell: (one) => format.number(one.tokens.input), isNumber: true },
    { id: 'output', head: texts.outputTokens, cell: (one) => format.number(one.tokens.output), isNumber: true },
    { id: 'credits', head: texts.inCredits, cell: (one) => format.credits(one.amount.credits), isNumber: true },
    { id: 'usd', head: texts.inUsd, cell: (one) => format.usd(one.amount.credits), isNumber: true },
  ]
}
