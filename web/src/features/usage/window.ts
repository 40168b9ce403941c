import { addDays, countDays, dayIn, daysUntil, startOfDay } from '@/shared/lib/timeZone'
import { DAYS_MAX, DEFAULT_PRESET, type UsageSearch } from './search'

/** The window as the server's query names it. */
export type WindowQuery = { period: '24h' } | { start: string; end: string }

const SPAN_MS_MAX = DAYS_MAX * 86_400_000

/** The days of a window of whole days that ends with the present one, or null for the last 24 hours. */
export function daysOf(search: UsageSearch, today: string): { from: string; to: string } | null {
  if (search.from !== undefined && search.to !== undefined) return { from: search.from, to: search.to }
  const preset = search.window ?? DEFAULT_PRESET
  if (preset === '24h') return null
  return { from: addDays(today, 1 - Number(preset.slice(0, -1))), to: today }
}

/** What to ask the server for. It stays the same all day, so that answers are found again. */
export function windowQuery(search: UsageSearch, zone: string, today: string): WindowQuery {
  const days = daysOf(search, today)
  if (days === null) return { period: '24h' }
  const end = startOfDay(zone, addDays(days.to, 1))
  // In autumn 92 days are an hour longer than the server takes; the oldest hour is left out then.
  const start = Math.max(startOfDay(zone, days.from).getTime(), end.getTime() - SPAN_MS_MAX)
  return { start: new Date(start).toISOString(), end: end.toISOString() }
}

/** Every day of a window that the server answered for, oldest first, so that days without calls show too. */
export function daysIn(zone: string, window: { start: string; end: string }): string[] {
  const last = new Date(new Date(window.end).getTime() - 1)
  const lastDay = dayIn(zone, last)
  return daysUntil(lastDay, countDays(dayIn(zone, new Date(window.start)), lastDay))
}
