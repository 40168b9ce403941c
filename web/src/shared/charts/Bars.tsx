import { useEffect, useRef, useState } from 'react'
import { colorOf } from './colors'
import { axisTicks, labelledRows } from './scale'
import { Tip } from './Tip'
import type { ChartProps, ChartRow } from './types'

const HEIGHT = 256
const PLOT = { left: 60, right: 18, top: 8, bottom: 24 }
const LABEL_PX = 64
const BAR_PX_MAX = 48

/** Stacked bars, drawn for the width that there is; pointing at a bar tells its values. */
export function Bars({ series, rows, format, formatShort = format, isWhole, unit }: ChartProps) {
  const [ref, width] = useWidth()
  const [pointed, setPointed] = useState<number | null>(null)
  const ticks = axisTicks(Math.max(0, ...rows.map((row) => series.reduce((sum, one) => sum + valueOf(row, one.id), 0))), { unit, isWhole })
  const top = ticks.at(-1) ?? 1
  const plotWidth = Math.max(0, width - PLOT.left - PLOT.right)
  const band = plotWidth / Math.max(rows.length, 1)
  const heightOf = (value: number) => (value / top) * (HEIGHT - PLOT.top - PLOT.bottom)
  const ground = HEIGHT - PLOT.bottom
  const labelled = labelledRows(rows.length, plotWidth, LABEL_PX)
  const tipped = pointed === null ? undefined : rows[pointed]
  return (
    <div
      ref={ref}
      className="relative h-64 min-w-0"
      onPointerMove={(event) => setPointed(rowAt(event.clientX - event.currentTarget.getBoundingClientRect().left, band, rows.length))}
      onPointerLeave={() => setPointed(null)}
    >
      {width > 0 && (
        <svg width={width} height={HEIGHT} className="block overflow-visible">
          {pointed !== null && <rect x={PLOT.left + pointed * band} y={PLOT.top} width={band} height={ground - PLOT.top} className="fill-sunken" />}
          {ticks.map((tick) => (
            <g key={tick} transform={`translate(0 ${ground - heightOf(tick)})`}>
              <line x1={PLOT.left} x2={width - PLOT.right} className={tick === 0 ? 'stroke-muted' : 'stroke-line'} />
              <text x={PLOT.left - 8} dy="0.32em" textAnchor="end" className="fill-muted text-xs">
                {formatShort(tick)}
              </text>
            </g>
          ))}
          {rows.map((row, index) => (
            <g key={row.label} transform={`translate(${PLOT.left + index * band} 0)`}>
              <Stack parts={series.map((one, place) => ({ id: one.id, color: colorOf(series, place), height: heightOf(valueOf(row, one.id)) }))} band={band} ground={ground} />
              {labelled.has(index) && (
                <text x={band / 2} y={HEIGHT - 6} textAnchor="middle" className="fill-muted text-xs">
                  {row.label}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
      {tipped && pointed !== null && <Tip row={tipped} series={series} format={format} atPx={PLOT.left + (pointed + 0.5) * band} widthPx={width} />}
    </div>
  )
}

interface StackPart {
  id: string
  color: string
  height: number
}

function Stack({ parts, band, ground }: { parts: StackPart[]; band: number; ground: number }) {
  const width = Math.min(band * 0.72, BAR_PX_MAX)
  const below = parts.map((_, index) => parts.slice(0, index).reduce((sum, part) => sum + part.height, 0))
  return parts.map((part, index) => part.height > 0 && <rect key={part.id} x={(band - width) / 2} y={ground - (below[index] ?? 0) - part.height} width={width} height={part.height} fill={part.color} />)
}

function valueOf(row: ChartRow, id: string): number {
  return row.values[id] ?? 0
}

function rowAt(x: number, band: number, count: number): number | null {
  const row = Math.floor((x - PLOT.left) / band)
  return row >= 0 && row < count ? row : null
}

/** The width of an element as it is now; 0 until it is known. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, width] as const
}
