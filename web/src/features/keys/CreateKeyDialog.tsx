import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '@/shared/api/queries'
import { Dialog } from '@/shared/ui/Dialog'
import { useTexts } from '@/texts'
import { creation, EMPTY_DRAFT, type KeyDraft, type Kind } from './draft'
import { KeyForm } from './KeyForm'
import { NewKey } from './NewKey'
import { createKey } from './queries'

/** Asks what the key is to be, and then shows it, this once. */
export function CreateKeyDialog({ kind, isOpen, onClose }: { kind: Kind; isOpen: boolean; onClose: () => void }) {
  const texts = useTexts().keys
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={kind === 'api' ? texts.createApi : texts.createManagement}>
      <Creation kind={kind} onClose={onClose} />
    </Dialog>
  )
}

/** Lives as long as the dialog is open, so that a key that was shown is forgotten with it. */
function Creation({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const texts = useTexts().keys
  const client = useQueryClient()
  const [key, setKey] = useState<string | null>(null)
  const creating = useMutation({
    mutationFn: (draft: KeyDraft) => createKey(creation(draft, kind)),
    onSuccess: async ({ data }) => {
      setKey(data.key)
      await client.invalidateQueries({ queryKey: keysQuery.queryKey })
    },
  })
  if (key !== null) return <NewKey apiKey={key} kind={kind} onClose={onClose} />
  return <KeyForm kind={kind} start={EMPTY_DRAFT} action={texts.create} isBusy={creating.isPending} error={creating.error} onSubmit={(draft) => creating.mutate(draft)} />
}
