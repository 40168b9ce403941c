import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { keysQuery } from '@/shared/api/queries'
import type { OwnersKey } from '@/shared/api/schemas'
import { Button } from '@/shared/ui/Button'
import { Loaded } from '@/shared/ui/Loaded'
import { Empty, Page } from '@/shared/ui/Page'
import { Tabs } from '@/shared/ui/Tabs'
import { useTexts } from '@/texts'
import { CreateKeyDialog } from './CreateKeyDialog'
import type { Kind } from './draft'
import { KeyTable } from './KeyTable'

const KINDS: Kind[] = ['api', 'management']
const route = getRouteApi('/signed-in/keys')

export function KeysPage() {
  const texts = useTexts().keys
  const keys = useQuery(keysQuery)
  const { kind = 'api' } = route.useSearch()
  const navigate = route.useNavigate()
  const [isCreating, setCreating] = useState(false)
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <Button kind="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden className="size-4" />
          {kind === 'api' ? texts.createApi : texts.createManagement}
        </Button>
      }
    >
      <Tabs
        label={texts.title}
        open={kind}
        onOpen={(id) => void navigate({ search: id === 'management' ? { kind: 'management' } : {}, replace: true })}
        tabs={KINDS.map((one) => ({
          id: one,
          label: texts.kinds[one],
          content: (
            <div className="grid gap-4">
              <p className="text-muted">{texts.about[one]}</p>
              <Loaded query={keys}>{({ data }) => <KeysOfKind kind={one} keys={data.filter((key) => key.kind === one)} />}</Loaded>
            </div>
          ),
        }))}
      />
      <CreateKeyDialog kind={kind} isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  )
}

function KeysOfKind({ kind, keys }: { kind: Kind; keys: OwnersKey[] }) {
  const texts = useTexts().keys
  if (keys.length === 0) return <Empty title={texts.none[kind]}>{texts.noneHint}</Empty>
  return <KeyTable kind={kind} keys={keys} />
}
