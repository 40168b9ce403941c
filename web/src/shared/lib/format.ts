import { useMemo } from 'react'
import { type LanguageTag, useLanguage } from '@/texts'

/** 2,000,000 credits are one US dollar (the contract's price unit). */
export const CREDITS_PER_USD = 2_000_000

export interface Formats {
  /** A whole number with separators. */
  number: (value: number) => string
  /** 1.2K, 3.4M. */
  compact: (value: number) => string
  credits: (value: number) => string
  /** Credits as US dollars; small amounts keep as many digits as they need. */
  usd: (credits: number) => string
  /** Dollars that are dollars already. */
  dollars: (usd: number) => string
  /** A price in dollars with all of its digits, unlike sums of money, which are rounded to cents from a dollar on. */
  rate: (usd: number) => string
  percent: (share: number) => string
  /** An instant as date and time, in the given time zone or the browser's. */
  moment: (value: string | number, timeZone?: string) => string
  /** The same in fewer letters, without the year while it is the present one. */
  shortMoment: (value: string | number, timeZone?: string, now?: number) => string
  date: (value: string | number, timeZone?: string) => string
  /** How long ago, such as "3 minutes ago". */
  ago: (value: string | number, now?: number) => string
  /** A day (YYYY-MM-DD) in a few letters, such as "Aug 1". */
  day: (day: string) => string
  /** A day (YYYY-MM-DD) with its weekday and year. */
  wholeDay: (day: string) => string
  /** Credits as US dollars with three digits, for the axis of a chart. */
  usdShort: (credits: number) => string
  seconds: (ms: number) => string
}

export function formats(language: LanguageTag): Formats {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const rate = new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: 6 })
  const dollars = (usd: number) =>
    new Intl.NumberFormat(language, {
      style: 'currency',
      currency: 'USD',
      minimumFractionDigits: 2,
      // A credit is half a millionth of a dollar: with fewer digits, amounts on a page would not add up.
      maximumFractionDigits: 7,
    }).format(usd)
  return {
    number: (value) => number.format(value),
    compact: (value) => compact.format(value),
    credits: (value) => number.format(value),
    usd: (credits) => dollars(credits / CREDITS_PER_USD),
    dollars,
    rate: (usd) => rate.format(usd),
    percent: (share) => percent.format(share),
    moment: (value, timeZone) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', ...zone(timeZone) }).format(new Date(value)),
    shortMoment: (value, timeZone, now = Date.now()) => {
      const year = new Intl.DateTimeFormat('en', { year: 'numeric', ...zone(timeZone) })
      const isThisYear = year.format(new Date(value)) === year.format(now)
      return new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', second: '2-digit', ...(!isThisYear && { year: 'numeric' }), ...zone(timeZone) }).format(new Date(value))
    },
    date: (value, timeZone) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', ...zone(timeZone) }).format(new Date(value)),
    ago: (value, now = Date.now()) => ago(relative, new Date(value).getTime() - now),
    // A day has no zone; it is written in the one in which it was read.
    day: (day) => new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(day)),
    wholeDay: (day) => new Intl.DateTimeFormat(language, { weekday: 'short', month: 'short', day: 'numeric', year: 'numeric', timeZone: 'UTC' }).format(new Date(day)),
    usdShort: (credits) =>
      new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', notation: 'compact', minimumFractionDigits: 0, maximumSignificantDigits: 3 }).format(credits / CREDITS_PER_USD),
    seconds: (ms) => `${new Intl.NumberFormat(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(ms / 1000)} s`,
  }
}

export function useFormats(): Formats {
  const language = useLanguage()
  return useMemo(() => formats(language), [language])
}

function zone(timeZone: string | undefined): Intl.DateTimeFormatOptions {
  return timeZone === undefined ? {} : { timeZone }
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

function ago(format: Intl.RelativeTimeFormat, differenceMs: number): string {
  for (const [unit, ms] of STEPS) {
    if (Math.abs(differenceMs) >= ms) return format.format(Math.trunc(differenceMs / ms), unit)
  }
  return format.format(0, 'second')
}
