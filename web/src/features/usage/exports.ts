import type { ChartSeries } from '@/shared/charts/types'
import { csv } from '@/shared/lib/csv'
import type { Measure } from './search'
import type { DaySeries } from './series'

/** The unit of each measure's figures, as the file names it. */
const UNITS: Record<Measure, string> = { spend: 'credits', tokens: 'tokens', requests: 'requests' }

/** The chart's figures as a file: a line for every day, a column for every series, in whole credits, tokens or requests. */
export function figuresFile({ series, days }: DaySeries, measure: Measure, dayHead: string): string {
  const head = [dayHead, ...series.map((one) => `${one.name} (${UNITS[measure]})`)]
  return csv([head, ...days.map(({ day, values }) => [day, ...series.map((one: ChartSeries) => values[one.id] ?? 0)])])
}

export function figuresFileName({ days }: DaySeries, measure: Measure): string {
  return `tollway-${measure}-${days.at(0)?.day ?? ''}-${days.at(-1)?.day ?? ''}.csv`
}
