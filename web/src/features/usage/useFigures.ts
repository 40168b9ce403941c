import { useMemo } from 'react'
import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'
import type { AskedUsage } from './queries'
import type { Measure } from './search'
import { type DaySeries, daySeries, type Part, parts, type SeriesNames } from './series'
import { useKeyName } from './useUsed'
import { daysIn } from './window'

export interface Figures {
  chart: DaySeries
  /** The sums of each model or key; empty where only days were asked for. */
  parts: Part[]
  format: (value: number) => string
  formatShort: (value: number) => string
}

/** An answer as a chart, with the words and the units that it takes. */
export function useFigures({ by, timezone, detail }: AskedUsage, measure: Measure): Figures {
  const texts = useTexts().usage
  const format = useFormats()
  const key = useKeyName()
  return useMemo(() => {
    const names: SeriesNames = { spend: texts.spend, input: texts.input, thinking: texts.thinking, answer: texts.answer, succeeded: texts.succeeded, failed: texts.failed, others: texts.others, key }
    return {
      chart: daySeries(detail, daysIn(timezone, detail), by, measure, names),
      parts: by === 'total' ? [] : parts(detail.groups ?? [], by, measure, names),
      format: measure === 'spend' ? format.usd : format.number,
      formatShort: measure === 'spend' ? format.usdShort : format.compact,
    }
  }, [by, timezone, detail, measure, texts, format, key])
}
