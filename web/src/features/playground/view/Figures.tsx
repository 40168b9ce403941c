import { memo } from 'react'
import { CREDITS_PER_USD, type Formats, useFormats } from '@/shared/lib/format'
import { Badge } from '@/shared/ui/Notice'
import { useLanguage, useTexts } from '@/texts'
import { tokensPerSecond } from '../run/answer'
import type { Outcome } from '../run/outcome'

/** Tokens, credits and times of one call: estimated while it runs, and as the server billed them at its end. */
export const Figures = memo(function Figures({ outcome }: { outcome: Outcome }) {
  const texts = useTexts().playground
  const format = useFormats()
  const language = useLanguage()
  const { counts, bill } = outcome
  const isEstimate = !counts.isExact || bill?.isExact === false
  // The parts are fractions of credits, of which only the sum is rounded.
  const part = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const credits = (value: number | undefined) => (value === undefined ? '–' : part.format(value))
  const cell = 'px-1.5 py-1 text-right sm:px-2'
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-xs text-muted tabular-nums">
      <div className="min-w-0 rounded-md border border-line">
        <table className="border-collapse">
          <caption className="sr-only">{texts.figures}</caption>
          <thead>
            <tr className="border-b border-line">
              <td className="px-2 py-1">
                <span className={isEstimate ? '' : 'invisible'} title={texts.estimateNote}>
                  <Badge tone="warn">≈ {texts.estimate}</Badge>
                </span>
              </td>
              <th scope="col" className={`${cell} font-medium`}>{texts.tokens.input}</th>
              <th scope="col" className={`${cell} font-medium`}>{texts.tokens.thinking}</th>
              <th scope="col" className={`${cell} font-medium`}>{texts.tokens.answer}</th>
              <th scope="col" className={`${cell} font-medium`}>{texts.all}</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row" className="px-2 py-1 text-left font-medium">{texts.tokensRow}</th>
              <td className={cell}>{format.number(counts.input)}</td>
              <td className={cell}>{format.number(counts.thinking)}</td>
              <td className={cell}>{format.number(counts.answer)}</td>
              <td className={cell}>{format.number(counts.input + counts.thinking + counts.answer)}</td>
            </tr>
            <tr>
              <th scope="row" className="px-2 py-1 text-left font-medium">{texts.creditsRow}</th>
              <td className={cell}>{credits(bill?.input)}</td>
              <td className={cell}>{credits(bill?.thinking)}</td>
              <td className={cell}>{credits(bill?.answer)}</td>
              <td className={`${cell} font-semibold text-ink`}>
                {credits(bill?.total)}
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      <Times outcome={outcome} format={format} usd={bill ? usdOf(bill.total, language) : '–'} />
    </div>
  )
})

function Times({ outcome, format, usd }: { outcome: Outcome; format: Formats; usd: string }) {
  const all = useTexts()
  const texts = all.playground
  const { firstTokenMs, totalMs } = outcome.timings
  const rate = tokensPerSecond(outcome)
  return (
    <dl className="grid grid-cols-[auto_auto] gap-x-2">
      <dt>{all.common.usd}</dt>
      <dd className="min-w-12 text-right">{usd}</dd>
      <dt>{texts.firstToken}</dt>
      <dd className="min-w-12 text-right">{firstTokenMs === null ? '–' : format.seconds(firstTokenMs)}</dd>
      <dt>{texts.speed}</dt>
      <dd className="min-w-12 text-right">{rate === null ? '–' : format.number(rate)}</dd>
      <dt>{texts.duration}</dt>
      <dd className="min-w-12 text-right">{format.seconds(totalMs)}</dd>
    </dl>
  )
}

/** Few credits are a small part of a cent, which two significant digits tell. */
function usdOf(credits: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', maximumSignificantDigits: 3 }).format(credits / CREDITS_PER_USD)
}
