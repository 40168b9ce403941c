/** One line of the chart: a label on the axis, and a value for each series by its id. */
export interface ChartRow {
  label: string
  /** The label written out, for the table and the tooltip; otherwise it is `label`. */
  fullLabel?: string
  values: Record<string, number>
}

export interface ChartSeries {
  id: string
  name: string
  /** Whether it counts what went wrong. */
  isFailure?: boolean
}

export interface ChartProps {
  /** What the chart shows, for screen readers and as its heading. */
  title: string
  /** What the rows are, such as "Day"; the head of the first column of the table. */
  rowsName: string
  series: ChartSeries[]
  rows: ChartRow[]
  /** Writes a value, with its unit. */
  format: (value: number) => string
  /** Writes a value shortly, for the axis. */
  formatShort?: (value: number) => string
  /** Whether the values are counted, so that an axis with halves would make no sense. */
  isWhole?: boolean
  /** What is round on the axis, such as a dollar's worth of credits; otherwise it is 1. */
  unit?: number
}
