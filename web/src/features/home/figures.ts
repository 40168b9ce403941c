import type { OwnersUsageDetail } from '@/shared/api/schemas'
import { addDays, daysUntil, startOfDay } from '@/shared/lib/timeZone'

const CHART_DAYS = 30

export interface RecentWindow {
  start: string
  end: string
}

/** The last thirty days and the present month, whichever began earlier, up to the end of the present day. */
export function recentWindow(zone: string, today: string): RecentWindow {
  const first = [addDays(today, 1 - CHART_DAYS), `${today.slice(0, 7)}-01`].sort()[0] ?? today
  return { start: startOfDay(zone, first).toISOString(), end: startOfDay(zone, addDays(today, 1)).toISOString() }
}

export interface Sums {
  credits: number
  requests: number
  failed: number
}

export interface HomeFigures {
  today: Sums
  month: Sums
  /** What was spent on each of the last thirty days, in credits, oldest first. */
  days: { day: string; credits: number }[]
}

/** Take the figures of the page out of sums by day. */
export function homeFigures(usage: OwnersUsageDetail, today: string): HomeFigures {
  const groups = usage.groups ?? []
  const sums = (counts: (day: string) => boolean) =>
    groups.reduce<Sums>(
      (sum, { day = '', credits, requests }) =>
        counts(day) ? { credits: sum.credits + credits, requests: sum.requests + requests.total, failed: sum.failed + requests.failed } : sum,
      { credits: 0, requests: 0, failed: 0 },
    )
  const byDay = new Map(groups.map((group) => [group.day, group.credits]))
  return {
    today: sums((day) => day === today),
    month: sums((day) => day.startsWith(today.slice(0, 7))),
    days: daysUntil(today, CHART_DAYS).map((day) => ({ day, credits: byDay.get(day) ?? 0 })),
  }
}
