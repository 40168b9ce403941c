import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { ChartProps, ChartRow } from './types'

const COLORS = ['var(--chart-1)', 'var(--chart-2)', 'var(--chart-3)', 'var(--chart-4)', 'var(--chart-5)']
const TICK = { fill: 'var(--muted)', fontSize: 12 }

/** Stacked bars. It comes in a chunk of its own, through `Chart`. */
export function Bars({ series, rows, format, formatShort = format, isWhole = false }: ChartProps) {
  const full = new Map(rows.map((row) => [row.label, row.fullLabel ?? row.label]))
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={rows} margin={{ top: 8, right: 4, bottom: 0, left: 0 }} barCategoryGap="20%" accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="label" tick={TICK} tickLine={false} axisLine={{ stroke: 'var(--line)' }} minTickGap={24} />
        <YAxis width={64} tickFormatter={formatShort} tick={TICK} tickLine={false} axisLine={false} allowDecimals={!isWhole} />
        <Tooltip
          cursor={{ fill: 'var(--sunken)' }}
          contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', borderRadius: 8, color: 'var(--ink)', fontSize: 13 }}
          itemStyle={{ color: 'var(--ink)', padding: 0 }}
          labelStyle={{ fontWeight: 600, marginBottom: 4 }}
          labelFormatter={(label) => (typeof label === 'string' ? (full.get(label) ?? label) : label)}
          formatter={(value) => format(Number(value))}
          isAnimationActive={false}
        />
        {series.length > 1 && <Legend formatter={(name: string) => <span className="text-sm text-ink">{name}</span>} iconType="square" iconSize={10} itemSorter={null} />}
        {series.map((one, index) => (
          // By a function, because a text would be taken for a path, and models have dots in their names.
          <Bar key={one.id} dataKey={(row: ChartRow) => row.values[one.id] ?? 0} name={one.name} stackId="all" fill={COLORS[index % COLORS.length] ?? ''} isAnimationActive={false} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  )
}
