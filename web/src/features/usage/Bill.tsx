import type { ReceiptAnswer } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'
import { addsUp, billLines } from './billLines'

const CELL = 'py-1.5 text-right tabular-nums whitespace-nowrap'

/** How the bill came about: lines of tokens times price, their exact sum, and the whole credits that it was rounded up to. */
export function Bill({ receipt }: { receipt: ReceiptAnswer }) {
  const texts = useTexts().receipt
  const format = useFormats()
  const money = (nanousd: number | null) => (nanousd === null ? '–' : texts.nanousd(format.number(nanousd)))
  const { rounding, rate_card: card, settlement } = receipt
  return (
    <>
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{texts.bill}</caption>
        <thead>
          <tr className="border-b border-line text-muted">
            <th scope="col" className="py-1.5 text-left font-medium">
              {texts.counted}
            </th>
            {[texts.tokens, texts.price, texts.amount].map((head) => (
              <th key={head} scope="col" className="py-1.5 pl-3 text-right font-medium">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {billLines(receipt).map((line) => (
            <tr key={line.meter}>
              <th scope="row" className="py-1.5 text-left font-normal">
                {texts.meters[line.meter]}
              </th>
              <td className={CELL}>{format.number(line.tokens)}</td>
              <td className={CELL}>{money(line.priceNanousd)}</td>
              <td className={CELL}>{money(line.amountNanousd)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="border-t border-line">
          {rounding && (
            <>
              <Sum label={texts.exactSum} value={money(rounding.exact_nanousd)} />
              <Sum label={texts.inCredits(format.number(rounding.exact_nanousd), format.number(rounding.nanousd_per_credit))} value={texts.credits(format.credits(rounding.rounded_credits))} />
            </>
          )}
          {settlement.absorbed_credits > 0 && <Sum label={texts.absorbed} value={texts.credits(format.credits(-settlement.absorbed_credits))} />}
          <Sum label={texts.charged} value={texts.credits(format.credits(settlement.charged_credits))} isStrong />
        </tfoot>
      </table>
      {rounding === null ? <p className="text-sm text-muted">{texts.noPrices}</p> : <p className="text-sm text-muted">{texts.unit(format.number(rounding.nanousd_per_credit))}</p>}
      {card && <p className="text-sm text-muted">{texts.priceList(format.number(card.version))}</p>}
      {rounding && !addsUp(receipt) && (
        <p role="alert" className="text-sm text-bad">
          {texts.doesNotAddUp}
        </p>
      )}
    </>
  )
}

function Sum({ label, value, isStrong = false }: { label: string; value: string; isStrong?: boolean }) {
  return (
    <tr className={isStrong ? 'font-semibold' : ''}>
      <th scope="row" colSpan={3} className={`py-1.5 text-left ${isStrong ? 'font-semibold' : 'font-normal'}`}>
        {label}
      </th>
      <td className={CELL}>{value}</td>
    </tr>
  )
}
