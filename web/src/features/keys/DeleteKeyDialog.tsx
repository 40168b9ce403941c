import { useMutation, useQueryClient } from '@tanstack/react-query'
import { keysQuery } from '@/shared/api/queries'
import type { OwnersKey } from '@/shared/api/schemas'
import { ConfirmDialog } from '@/shared/ui/Dialog'
import { useTexts } from '@/texts'
import { deleteKey } from './queries'

export function DeleteKeyDialog({ deleted, onClose }: { deleted: OwnersKey | null; onClose: () => void }) {
  const texts = useTexts().keys
  const client = useQueryClient()
  const deleting = useMutation({
    mutationFn: deleteKey,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keysQuery.queryKey })
      onClose()
    },
  })
  const { reset } = deleting
  return (
    <ConfirmDialog
      isOpen={deleted !== null}
      onClose={() => {
        // What went wrong with one key says nothing of the next one.
        reset()
        onClose()
      }}
      title={texts.deleteTitle(deleted?.name ?? deleted?.prefix ?? '')}
      action={texts.deleteKey}
      isBusy={deleting.isPending}
      error={deleting.error}
      onConfirm={() => {
        if (deleted) deleting.mutate(deleted.prefix)
      }}
    >
      <p>{texts.deleteWarning}</p>
    </ConfirmDialog>
  )
}
