import { countDays, isTimeZone } from '@/shared/lib/timeZone'

/** The most days that the server sums up at once. */
export const DAYS_MAX = 92
export const PRESETS = ['24h', '7d', '30d', '92d'] as const
export const DEFAULT_PRESET = '30d'
export const BREAKDOWNS = ['total', 'model', 'key'] as const
export const MEASURES = ['spend', 'tokens', 'requests'] as const
export const STATUSES = ['succeeded', 'failed'] as const
export const ORIGINS = ['api', 'playground'] as const

export type Preset = (typeof PRESETS)[number]
export type Breakdown = (typeof BREAKDOWNS)[number]
export type Measure = (typeof MEASURES)[number]

/** What the page shows, as it stands in the address; what is left out is the default. */
export interface UsageSearch {
  window?: Preset
  /** The first and the last day of a window of one's own, both counted. */
  from?: string
  to?: string
  /** Whose days are meant; without it those of the zone that the person has chosen before. */
  zone?: string
  /** Prefix of the one key that is looked at. */
  key?: string
  by?: Breakdown
  measure?: Measure
  /** These narrow the log alone. */
  model?: string
  status?: (typeof STATUSES)[number]
  origin?: (typeof ORIGINS)[number]
  /** The call whose receipt is open. */
  call?: string
}

/** Keep what makes sense of an address that somebody may have written by hand. */
export function readUsageSearch(raw: Record<string, unknown>): UsageSearch {
  const days = ownDays(raw.from, raw.to)
  const preset = oneOf(PRESETS, raw.window)
  const found: Record<keyof UsageSearch, string | undefined> = {
    window: days || preset === DEFAULT_PRESET ? undefined : preset,
    from: days?.from,
    to: days?.to,
    zone: typeof raw.zone === 'string' && isTimeZone(raw.zone) ? raw.zone : undefined,
    key: text(raw.key),
    by: oneOf(BREAKDOWNS, raw.by),
    measure: oneOf(MEASURES, raw.measure),
    model: text(raw.model),
    status: oneOf(STATUSES, raw.status),
    origin: oneOf(ORIGINS, raw.origin),
    call: text(raw.call),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

export type DaysFault = 'missing' | 'order' | 'tooMany'

/** What is wrong with the days of a window, or null. */
export function daysFault(from: string, to: string): DaysFault | null {
  if (!isDay(from) || !isDay(to)) return 'missing'
  if (to < from) return 'order'
  return countDays(from, to) > DAYS_MAX ? 'tooMany' : null
}

function ownDays(from: unknown, to: unknown): { from: string; to: string } | null {
  if (typeof from !== 'string' || typeof to !== 'string') return null
  return daysFault(from, to) === null ? { from, to } : null
}

function isDay(day: string): boolean {
  if (!/^(19[7-9]\d|[2-8]\d{3})-\d\d-\d\d$/.test(day)) return false
  const at = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day)
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | undefined {
  return allowed.find((one) => one === value)
}

/** A text, or a number that the reader of addresses made of one. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}
