import { useQuery } from '@tanstack/react-query'
import type { BooksAnswer, BooksCheck } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge, Notice } from '@/shared/ui/Notice'
import { Page, Stat } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { booksQuery } from './queries'

/** Proves the ledger anew, and shows what was checked. */
export function BooksPage() {
  const texts = useTexts().operator.books
  const query = useQuery(booksQuery)
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <Button isBusy={query.isFetching} onClick={() => void query.refetch()}>
          {texts.again}
        </Button>
      }
    >
      <Loaded query={query}>{(books) => <Books books={books} />}</Loaded>
    </Page>
  )
}

function Books({ books }: { books: BooksAnswer }) {
  const texts = useTexts().operator.books
  const format = useFormats()
  const { totals } = books
  const columns: Column<BooksCheck>[] = [
    { id: 'name', head: texts.check, cell: (check) => <code className="font-mono text-xs">{check.name}</code>, isWhole: true },
    { id: 'ok', head: texts.result, cell: (check) => <Badge tone={check.ok ? 'good' : 'bad'}>{check.ok ? texts.holds : texts.broken}</Badge> },
    { id: 'detail', head: texts.detail, cell: (check) => <span lang="en">{check.detail}</span> },
  ]
  return (
    <div className="grid gap-6">
      <Notice tone={books.ok ? 'good' : 'bad'} title={books.ok ? texts.balanced : texts.unbalanced}>
        {texts.checkedAt(format.moment(books.checked_at), format.number(books.took_ms))}
      </Notice>
      <dl className="grid gap-3 sm:grid-cols-3 lg:grid-cols-5">
        <Stat label={texts.balance} value={format.usd(totals.balance_credits)} />
        <Stat label={texts.held} value={format.usd(totals.held_credits)} />
        <Stat label={texts.charged} value={format.usd(totals.charged_credits)} />
        <Stat label={texts.absorbed} value={format.usd(totals.absorbed_credits)} />
        <Stat label={texts.exposure} value={format.usd(totals.exposure_credits)} />
      </dl>
      <Table label={texts.title} columns={columns} rows={books.checks} rowKey={(check) => check.name} />
    </div>
  )
}
