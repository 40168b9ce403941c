import { useQuery } from '@tanstack/react-query'
import { ApiError } from '@/shared/api/client'
import { Dialog } from '@/shared/ui/Dialog'
import { Loaded } from '@/shared/ui/Loaded'
import { Notice } from '@/shared/ui/Notice'
import { Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { receiptQuery } from './queries'
import { Receipt } from './Receipt'

interface ReceiptDialogProps {
  /** Id of the call, or undefined while none is open. */
  call: string | undefined
  zone: string
  keyName: (prefix: string) => string
  onClose: () => void
}

/** The receipt of a call in a drawer at the side. */
export function ReceiptDialog({ call, zone, keyName, onClose }: ReceiptDialogProps) {
  const texts = useTexts().receipt
  return (
    <Dialog isOpen={call !== undefined} onClose={onClose} title={texts.title} place="side">
      {call !== undefined && <OneReceipt key={call} call={call} zone={zone} keyName={keyName} />}
    </Dialog>
  )
}

function OneReceipt({ call, zone, keyName }: { call: string; zone: string; keyName: (prefix: string) => string }) {
  const texts = useTexts().receipt
  const receipt = useQuery(receiptQuery(call))
  if (receipt.error instanceof ApiError && receipt.error.status === 404) {
    return (
      <Notice tone="warn" title={texts.missingTitle}>
        {texts.missing}
      </Notice>
    )
  }
  return (
    <Loaded query={receipt} waiting={<Skeleton className="h-[70dvh]" />}>
      {(found) => <Receipt receipt={found} zone={zone} keyName={keyName} />}
    </Loaded>
  )
}
