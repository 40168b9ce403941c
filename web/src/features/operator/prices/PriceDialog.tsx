import { useState } from 'react'
import type { PreviewAnswer } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { Button } from '@/shared/ui/Button'
import { Dialog } from '@/shared/ui/Dialog'
import { TextField } from '@/shared/ui/Field'
import { FailureNotice, Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { usePreviewPrice, useSetPrice } from '../actions'
import { isPriced, type PriceDraft, type Priced, previewBody, rateCardBody } from './priceDraft'

const PREVIEW_DAYS = 30
const METERS = ['input', 'cached', 'reasoning', 'output'] as const

/** Sets a model's next price, and shows beforehand what it would have earned. */
export function PriceDialog({ priced, onClose }: { priced: Priced | null; onClose: () => void }) {
  const texts = useTexts().operator.prices
  return (
    <Dialog isOpen={priced !== null} onClose={onClose} title={texts.changeOf(priced?.model ?? '')}>
      {priced && <PriceForm priced={priced} onClose={onClose} />}
    </Dialog>
  )
}

function PriceForm({ priced, onClose }: { priced: Priced; onClose: () => void }) {
  const texts = useTexts().operator.prices
  const [draft, setDraft] = useState(priced.draft)
  const preview = usePreviewPrice()
  const setting = useSetPrice()
  const change = (part: Partial<PriceDraft>) => {
    setDraft({ ...draft, ...part })
    // What was shown of other figures would mislead.
    preview.reset()
  }
  const error = preview.error ?? setting.error
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        setting.mutate(rateCardBody(priced.model, draft), { onSuccess: onClose })
      }}
    >
      <p className="text-sm text-muted">{texts.unit}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        {METERS.map((meter) => (
          <TextField key={meter} label={texts[meter]} type="number" min={0} step="0.001" required value={draft[meter]} onChange={(event) => change({ [meter]: event.target.value })} />
        ))}
      </div>
      <TextField label={texts.from} hint={texts.fromHint} type="datetime-local" isOptional value={draft.from} onChange={(event) => change({ from: event.target.value })} />
      {error && <FailureNotice error={error} />}
      {preview.data && <Preview answer={preview.data} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button isBusy={preview.isPending} disabled={!isPriced(draft)} onClick={() => preview.mutate(previewBody(priced.model, draft, PREVIEW_DAYS))}>
          {texts.preview(PREVIEW_DAYS)}
        </Button>
        <Button kind="primary" type="submit" isBusy={setting.isPending} disabled={!isPriced(draft)}>
          {texts.set}
        </Button>
      </div>
    </form>
  )
}

function Preview({ answer }: { answer: PreviewAnswer }) {
  const texts = useTexts().operator.prices
  const format = useFormats()
  const difference = answer.would_have_earned_credits - answer.earned_credits
  return (
    <Notice tone={difference < 0 ? 'warn' : 'good'}>
      <p>{texts.previewed(format.number(answer.requests), format.usd(answer.earned_credits), format.usd(answer.would_have_earned_credits))}</p>
      <p className="font-medium">{texts.difference(format.usd(difference))}</p>
    </Notice>
  )
}
