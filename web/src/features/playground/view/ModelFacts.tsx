import type { ModelEntry } from '../state/model'
import { useFormats } from '@/shared/lib/format'
import { Badge } from '@/shared/ui/Notice'
import { useLanguage, useTexts } from '@/texts'

/** What a million tokens cost, and how many the model holds. */
export function PriceLine({ model }: { model: ModelEntry }) {
  const texts = useTexts().playground
  const format = useFormats()
  const language = useLanguage()
  const price = (name: string) => priceOf(model, name, language) ?? texts.price.free
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

/** The price of a million tokens; null where it is nothing. */
function priceOf(model: ModelEntry, name: string, language: string): string | null {
  const unit = model.pricing?.units.find((one) => one.name === name)
  if (!unit || unit.price === 0) return null
  return new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: 6 }).format((unit.price / unit.per) * 1_000_000)
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
