import type { OwnersKey } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'

/** How much of its limit a key has spent in the present period, and when that ends. */
export function LimitBar({ limit }: { limit: NonNullable<OwnersKey['limit']> }) {
  const texts = useTexts().keys
  const format = useFormats()
  const share = limit.threshold === 0 ? 1 : Math.min(1, limit.spent / limit.threshold)
  const text = texts.spentOf(format.dollars(limit.spent), format.dollars(limit.threshold), texts.retentions[limit.retention])
  return (
    <span className="grid min-w-40 gap-1" title={limit.resets_at === null ? undefined : texts.resetsAt(format.moment(limit.resets_at))}>
      <span>{text}</span>
      <span aria-hidden className="h-1.5 overflow-hidden rounded-full bg-sunken">
        <span className={`block h-full rounded-full ${share >= 0.9 ? 'bg-bad' : 'bg-accent'}`} style={{ width: `${share * 100}%` }} />
      </span>
    </span>
  )
}
