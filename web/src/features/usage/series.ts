import type { OwnersGroup, OwnersUsageDetail } from '@/shared/api/schemas'
import type { ChartSeries } from '@/shared/charts/types'
import type { Breakdown, Measure } from './search'

/** As many series as there are colours. */
const SERIES_MAX = 5
const OTHERS = 'others'
const NO_TOKENS = { input: 0, output: 0, total: 0, thinking: 0 }

/** The words that a chart's series need. */
export interface SeriesNames {
  spend: string
  input: string
  thinking: string
  answer: string
  succeeded: string
  failed: string
  others: (count: number) => string
  key: (key: NonNullable<OwnersGroup['key']>) => string
}

export interface DaySeries {
  series: ChartSeries[]
  /** For every day the value of each series by its id: credits, tokens or requests. */
  days: { day: string; values: Record<string, number> }[]
}

/** Arrange what the server summed up by day, and by model or key, as stacked bars of every day. */
export function daySeries(detail: OwnersUsageDetail, days: string[], by: Breakdown, measure: Measure, names: SeriesNames): DaySeries {
  const groups = detail.groups ?? []
  return by === 'total' ? ofTotal(groups, days, measure, names) : ofParts(groups, days, by, measure, names)
}

/** One part of a breakdown over the whole window. */
export interface Part {
  id: string
  name: string
  credits: number
  tokens: OwnersGroup['tokens']
  requests: { total: number; failed: number }
}

/** The sums of each model or key over all days, the highest of the measure first. */
export function parts(groups: OwnersGroup[], by: 'model' | 'key', measure: Measure, names: SeriesNames): Part[] {
  const found = new Map<string, Part>()
  for (const group of groups) {
    const { id, name } = identity(group, by, names)
    const part = found.get(id) ?? { id, name, credits: 0, tokens: NO_TOKENS, requests: { total: 0, failed: 0 } }
    found.set(id, {
      ...part,
      credits: part.credits + group.credits,
      tokens: added(part.tokens, group.tokens),
      requests: { total: part.requests.total + group.requests.total, failed: part.requests.failed + group.requests.failed },
    })
  }
  return [...found.values()].sort((one, other) => valueOf(other, measure) - valueOf(one, measure) || one.name.localeCompare(other.name))
}

function added(one: OwnersGroup['tokens'], other: OwnersGroup['tokens']): OwnersGroup['tokens'] {
  return { input: one.input + other.input, output: one.output + other.output, total: one.total + other.total, thinking: one.thinking + other.thinking }
}

export function valueOf(sums: Pick<OwnersGroup, 'credits' | 'tokens'> & { requests: { total: number } }, measure: Measure): number {
  if (measure === 'spend') return sums.credits
  return measure === 'tokens' ? sums.tokens.total : sums.requests.total
}

function ofTotal(groups: OwnersGroup[], days: string[], measure: Measure, names: SeriesNames): DaySeries {
  const values: Record<Measure, (group: OwnersGroup | undefined) => [string, number][]> = {
    spend: (group) => [['spend', group?.credits ?? 0]],
    tokens: (group) => [
      ['input', group?.tokens.input ?? 0],
      ['thinking', group?.tokens.thinking ?? 0],
      ['answer', group ? group.tokens.output - group.tokens.thinking : 0],
    ],
    requests: (group) => [
      ['succeeded', group?.requests.succeeded ?? 0],
      ['failed', group?.requests.failed ?? 0],
    ],
  }
  const shown = { spend: ['spend'], tokens: ['input', 'thinking', 'answer'], requests: ['succeeded', 'failed'] } as const
  const byDay = new Map(groups.map((group) => [group.day, group]))
  return {
    series: shown[measure].map((id) => ({ id, name: names[id], ...(id === 'failed' && { isFailure: true }) })),
    days: days.map((day) => ({ day, values: Object.fromEntries(values[measure](byDay.get(day))) })),
  }
}

function ofParts(groups: OwnersGroup[], days: string[], by: 'model' | 'key', measure: Measure, names: SeriesNames): DaySeries {
  const ranked = parts(groups, by, measure, names).filter((part) => valueOf(part, measure) > 0)
  // What does not fit in is one series of its own, so that the bars stay as high as the totals.
  const own = ranked.length > SERIES_MAX ? ranked.slice(0, SERIES_MAX - 1) : ranked
  const ids = new Set(own.map((part) => part.id))
  const rest = ranked.length - own.length
  const byDay = new Map<string, Record<string, number>>(days.map((day) => [day, {}]))
  for (const group of groups) {
    const values = byDay.get(group.day ?? '')
    const value = valueOf(group, measure)
    if (!values || value === 0) continue
    const { id } = identity(group, by, names)
    const series = ids.has(id) ? id : OTHERS
    values[series] = (values[series] ?? 0) + value
  }
  return {
    series: [...own.map(({ id, name }) => ({ id, name })), ...(rest > 0 ? [{ id: OTHERS, name: names.others(rest) }] : [])],
    days: days.map((day) => ({ day, values: byDay.get(day) ?? {} })),
  }
}

function identity(group: OwnersGroup, by: 'model' | 'key', names: SeriesNames): { id: string; name: string } {
  if (by === 'model') return { id: group.model ?? '', name: group.model ?? '' }
  return group.key ? { id: group.key.prefix, name: names.key(group.key) } : { id: '', name: '' }
}
