import { dayIn } from '@/shared/lib/timeZone'

/** A month as YYYY-MM, in the person's time zone. */
export function presentMonth(zone: string, now = new Date()): string {
  return dayIn(zone, now).slice(0, 7)
}

/** The month that is so many months before (or, negative, after) another one. */
export function monthBefore(month: string, months = 1): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 - months, 1)).toISOString().slice(0, 7)
}

export function isMonth(value: string): boolean {
  return /^20\d\d-(0[1-9]|1[0-2])$/.test(value)
}
