import type { ChartSeries } from './types'

const COLORS = ['var(--chart-1)', 'var(--chart-2)', 'var(--chart-3)', 'var(--chart-4)', 'var(--chart-5)']

/** The colour of a series by its place; what went wrong has that of failures. */
export function colorOf(series: ChartSeries[], place: number): string {
  return series[place]?.isFailure ? 'var(--bad)' : (COLORS[place % COLORS.length] ?? '')
}
