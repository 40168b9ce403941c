import type { OwnersUsage } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Skeleton, Stat } from '@/shared/ui/Page'
import { useTexts } from '@/texts'

const ROW = 'grid grid-cols-1 gap-3 min-[26rem]:grid-cols-2 xl:grid-cols-4'

export function Totals({ usage }: { usage: OwnersUsage }) {
  const texts = useTexts().usage
  const format = useFormats()
  const { failed } = usage.requests
  return (
    <dl className={ROW}>
      <Stat label={texts.spend} value={format.usd(usage.credits)} note={texts.credits(format.credits(usage.credits))} />
      <Stat label={texts.requests} value={format.number(usage.requests.total)} note={failed === 0 ? texts.noneFailed : texts.failedOf(format.number(failed))} />
      <Stat label={texts.inputTokens} value={format.number(usage.tokens.input)} note={texts.inputNote} />
      <Stat label={texts.outputTokens} value={format.number(usage.tokens.output)} note={texts.outputNote(format.number(usage.tokens.thinking))} />
    </dl>
  )
}

/** Holds the place of the totals. */
export function TotalsWaiting() {
  const texts = useTexts().usage
  return (
    <dl className={ROW}>
      {[texts.spend, texts.requests, texts.inputTokens, texts.outputTokens].map((label) => (
        <Stat key={label} label={label} value={<Skeleton className="h-8 w-24" />} note={<Skeleton className="h-5 w-32" />} />
      ))}
    </dl>
  )
}
