import { useInfiniteQuery } from '@tanstack/react-query'
import type { AuditItem } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Page } from '@/shared/ui/Page'
import { PagedTable } from '@/shared/ui/PagedTable'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { auditQuery } from './queries'

export function AuditPage() {
  const texts = useTexts().operator.audit
  const format = useFormats()
  const query = useInfiniteQuery(auditQuery)
  const columns: Column<AuditItem>[] = [
    { id: 'at', head: texts.at, cell: (one) => <span className="whitespace-nowrap">{format.moment(one.at)}</span> },
    { id: 'actor', head: texts.actor, cell: (one) => `${one.actor.name} (${texts.actors[one.actor.kind]})` },
    { id: 'action', head: texts.action, cell: (one) => <code className="font-mono text-xs">{one.action}</code> },
    { id: 'subject', head: texts.subject, cell: (one) => <span className="break-words">{one.subject}</span> },
    { id: 'account', head: texts.account, cell: (one) => one.account_id ?? '', isNumber: true },
    { id: 'details', head: texts.details, cell: (one) => <code className="block max-w-xs min-w-48 font-mono text-xs break-all">{JSON.stringify(one.details)}</code> },
  ]
  return (
    <Page title={texts.title} lead={texts.lead}>
      <PagedTable label={texts.title} query={query} columns={columns} rowKey={(one) => one.id} />
    </Page>
  )
}
