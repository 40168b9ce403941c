import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Badge, FailureNotice } from '@/shared/ui/Notice'
import { Card } from '@/shared/ui/Page'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { endOtherSessions, endSession, type SessionEntry, sessionsQuery } from './api'
import { browserOf } from './browserOf'

export function SessionsCard() {
  const texts = useTexts().account
  const client = useQueryClient()
  const sessions = useQuery(sessionsQuery)
  const refresh = () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
  const ending = useMutation({ mutationFn: endSession, onSettled: refresh })
  const endingOthers = useMutation({ mutationFn: endOtherSessions, onSettled: refresh })
  const error = ending.error ?? endingOthers.error
  return (
    <Card
      title={texts.sessionsTitle}
      actions={
        <Button size="small" isBusy={endingOthers.isPending} onClick={() => endingOthers.mutate()}>
          {texts.endOthers}
        </Button>
      }
    >
      {error && <FailureNotice error={error} />}
      <Loaded query={sessions}>{({ data }) => <SessionTable entries={data} ending={ending.isPending ? ending.variables : null} onEnd={(id) => ending.mutate(id)} />}</Loaded>
    </Card>
  )
}

function SessionTable({ entries, ending, onEnd }: { entries: SessionEntry[]; ending: string | null; onEnd: (id: string) => void }) {
  const texts = useTexts().account
  const format = useFormats()
  const columns: Column<SessionEntry>[] = [
    { id: 'browser', head: texts.browser, cell: (one) => <span title={one.user_agent}>{browserOf(one.user_agent) ?? texts.unknownBrowser}</span>, isWhole: true },
    { id: 'address', head: texts.address, cell: (one) => one.address },
    { id: 'began', head: texts.began, cell: (one) => format.moment(one.created_at), isWhole: true },
    { id: 'seen', head: texts.lastSeen, cell: (one) => format.ago(one.last_seen_at), isWhole: true },
    {
      id: 'end',
      head: <span className="sr-only">{texts.end}</span>,
      cell: (one) =>
        one.is_current ? (
          <Badge tone="good">{texts.thisSession}</Badge>
        ) : (
          <Button size="small" kind="danger" isBusy={ending === one.id} onClick={() => onEnd(one.id)}>
            {texts.end}
          </Button>
        ),
    },
  ]
  return <Table label={texts.sessionsTitle} columns={columns} rows={entries} rowKey={(one) => one.id} />
}
