import type { ModelEntry } from '../state/model'
import { useFormats } from '@/shared/lib/format'
import { Badge } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'

/** What a million tokens cost, and how many the model holds. */
export function PriceLine({ model }: { model: ModelEntry }) {
  const texts = useTexts().playground
  const format = useFormats()
  const price = (name: string) => {
    const unit = model.pricing?.units.find((one) => one.name === name)
    return unit && unit.price !== 0 ? format.rate((unit.price / unit.per) * 1_000_000) : texts.price.free
  }
  return (
    <span className="flex flex-wrap gap-x-3 tabular-nums">
      {model.pricing && (
        <>
          <span>{`${texts.price.input} ${price('input')}`}</span>
          <span>{`${texts.price.thinking} ${price('reasoning')}`}</span>
          <span>{`${texts.price.output} ${price('output')}`}</span>
          <span>{texts.price.unit}</span>
        </>
      )}
      <span>{texts.context(format.compact(model.info.contextLength))}</span>
    </span>
  )
}

/** What one should know before asking: who answers, and whether anybody can. */
export function ModelBadges({ model }: { model: ModelEntry }) {
  const texts = useTexts().playground
  return (
    <>
      {model.info.standIn && (
        <span title={texts.standInNote}>
          <Badge tone="warn">{texts.standIn}</Badge>
        </span>
      )}
      {!model.info.servedBy && <Badge tone="bad">{texts.notServed}</Badge>}
      {!model.pricing && <Badge tone="bad">{texts.unpriced}</Badge>}
    </>
  )
}
