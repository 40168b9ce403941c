import { useTexts } from '@/texts'
import { colorOf } from './colors'
import type { ChartProps, ChartRow } from './types'

interface TipProps extends Pick<ChartProps, 'series' | 'format'> {
  row: ChartRow
  /** Where the bar is, and how wide the chart; the box stands on the side that has more room. */
  atPx: number
  widthPx: number
}

/** The values of the bar that is pointed at. */
export function Tip({ row, series, format, atPx, widthPx }: TipProps) {
  const { common } = useTexts()
  const place = atPx < widthPx / 2 ? { left: atPx + 16 } : { right: widthPx - atPx + 16 }
  const shown = series.flatMap((one, index) => ((row.values[one.id] ?? 0) > 0 || series.length === 1 ? [{ ...one, color: colorOf(series, index), value: row.values[one.id] ?? 0 }] : []))
  return (
    <div className="pointer-events-none absolute top-2 z-10 grid max-w-72 gap-1 rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-lg" style={place}>
      <p className="font-medium">{row.fullLabel ?? row.label}</p>
      {shown.map((one) => (
        <p key={one.id} className="flex items-center gap-2">
          <span className="size-2.5 shrink-0 rounded-xs" style={{ background: one.color }} />
          <span className="min-w-0 flex-1 truncate text-muted">{one.name}</span>
          <span className="tabular-nums">{format(one.value)}</span>
        </p>
      ))}
      {series.length > 1 && (
        <p className="flex justify-between gap-4 border-t border-line pt-1 font-medium">
          <span>{common.total}</span>
          <span className="tabular-nums">{format(Object.values(row.values).reduce((sum, value) => sum + value, 0))}</span>
        </p>
      )}
    </div>
  )
}
