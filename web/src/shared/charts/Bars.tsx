import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { ChartProps } from './types'

const COLORS = ['var(--chart-1)', 'var(--chart-2)', 'var(--chart-3)', 'var(--chart-4)', 'var(--chart-5)']

/** Stacked bars. It comes in a chunk of its own, through `Chart`. */
export function Bars({ series, rows, format, formatShort = format }: ChartProps) {
  const data = rows.map((row) => ({ label: row.label, ...row.values }))
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={data} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} barCategoryGap="20%">
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="label" tick={{ fill: 'var(--muted)', fontSize: 12 }} tickLine={false} axisLine={{ stroke: 'var(--line)' }} minTickGap={24} />
        <YAxis width={64} tickFormatter={formatShort} tick={{ fill: 'var(--muted)', fontSize: 12 }} tickLine={false} axisLine={false} />
        <Tooltip
          cursor={{ fill: 'var(--sunken)' }}
          contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', borderRadius: 8, color: 'var(--ink)' }}
          itemStyle={{ color: 'var(--ink)' }}
          formatter={(value) => format(Number(value))}
        />
        {series.length > 1 && <Legend formatter={(name: string) => <span className="text-sm text-ink">{name}</span>} />}
        {series.map((one, index) => (
          <Bar key={one.id} dataKey={one.id} name={one.name} stackId="all" fill={COLORS[index % COLORS.length] ?? ''} isAnimationActive={false} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  )
}
