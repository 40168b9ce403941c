import { useMutation, useQueryClient } from '@tanstack/react-query'
import { keysQuery } from '@/shared/api/queries'
import type { OwnersKey } from '@/shared/api/schemas'
import { Dialog } from '@/shared/ui/Dialog'
import { useTexts } from '@/texts'
import { draftOf, type KeyDraft, update } from './draft'
import { KeyForm } from './KeyForm'
import { changeKey } from './queries'

export function EditKeyDialog({ edited, onClose }: { edited: OwnersKey | null; onClose: () => void }) {
  const texts = useTexts()
  return (
    <Dialog isOpen={edited !== null} onClose={onClose} title={texts.keys.editTitle(edited?.name ?? edited?.prefix ?? '')}>
      {edited && <Edit edited={edited} onClose={onClose} />}
    </Dialog>
  )
}

function Edit({ edited, onClose }: { edited: OwnersKey; onClose: () => void }) {
  const texts = useTexts()
  const client = useQueryClient()
  const changing = useMutation({
    mutationFn: (draft: KeyDraft) => changeKey(edited.prefix, update(draft, edited)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keysQuery.queryKey })
      onClose()
    },
  })
  return <KeyForm kind={edited.kind} start={draftOf(edited)} action={texts.common.save} isBusy={changing.isPending} error={changing.error} onSubmit={(draft) => changing.mutate(draft)} />
}
