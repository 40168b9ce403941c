import { useInfiniteQuery } from '@tanstack/react-query'
import type { AuditItem } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Page } from '@/shared/ui/Page'
import type { Column } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { PagedTable } from '@/shared/ui/PagedTable'
import { auditQuery } from './queries'

export function AuditPage() {
  const texts = useTexts().operator.audit
  const format = useFormats()
  const query = useInfiniteQuery(auditQuery)
  const columns: Column<AuditItem>[] = [
    { id: 'at', head: texts.at, cell: (one) => format.moment(one.at), isWhole: true },
    { id: 'actor', head: texts.actor, cell: (one) => <Actor actor={one.actor} />, isWhole: true },
    { id: 'action', head: texts.action, cell: (one) => <code className="font-mono text-xs">{one.action}</code> },
    { id: 'subject', head: texts.subject, cell: (one) => one.subject, isWhole: true },
    { id: 'account', head: texts.account, cell: (one) => one.account_id ?? '', isNumber: true },
    { id: 'details', head: texts.details, cell: (one) => <code className="block max-w-80 min-w-56 font-mono text-xs wrap-anywhere">{JSON.stringify(one.details)}</code> },
  ]
  return (
    <Page title={texts.title} lead={texts.lead}>
      <PagedTable label={texts.title} query={query} columns={columns} rowKey={(one) => one.id} isDense />
    </Page>
  )
}

function Actor({ actor }: { actor: AuditItem['actor'] }) {
  const texts = useTexts().operator.audit
  return (
    <span className="grid">
      <span className="max-w-48 min-w-32 truncate" title={actor.name}>
        {actor.name}
      </span>
      <span className="text-xs text-muted">{texts.actors[actor.kind]}</span>
    </span>
  )
}
