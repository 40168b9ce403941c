import { useSyncExternalStore } from 'react'

const KEY = 'tollway.timeZone'
const DAY_MS = 86_400_000
const listeners = new Set<() => void>()

/** The time zone whose days the person means: the chosen one, otherwise the browser's. */
export function currentTimeZone(): string {
  const kept = localStorage.getItem(KEY)
  return kept !== null && isTimeZone(kept) ? kept : Intl.DateTimeFormat().resolvedOptions().timeZone
}

export function setTimeZone(zone: string): void {
  localStorage.setItem(KEY, zone)
  for (const listener of listeners) listener()
}

export function useTimeZone(): string {
  return useSyncExternalStore(subscribe, currentTimeZone)
}

/** Every zone that the browser knows, with UTC and the present one in any case. */
export function knownTimeZones(): string[] {
  return [...new Set(['UTC', currentTimeZone(), ...Intl.supportedValuesOf('timeZone')])].sort()
}

/** The day of an instant in a zone, as YYYY-MM-DD. */
export function dayIn(zone: string, at: Date): string {
  // The Swedish way to write a date is ISO's.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at)
}

/** The instant at which a day (YYYY-MM-DD) begins in a zone. */
export function startOfDay(zone: string, day: string): Date {
  const guess = new Date(`${day}T00:00:00Z`).getTime()
  // Twice, because the offset at the guess may be another one than at the start of the day (a change of the clocks).
  const once = guess - offsetMs(zone, guess)
  return new Date(guess - offsetMs(zone, once))
}

/** The day that lies `count` days after the given one, or before it when negative. */
export function addDays(day: string, count: number): string {
  return new Date(new Date(`${day}T00:00:00Z`).getTime() + count * DAY_MS).toISOString().slice(0, 10)
}

/** How many days there are from one to another, both counted; none when the last lies before the first. */
export function countDays(first: string, last: string): number {
  return Math.max(0, (new Date(`${last}T00:00:00Z`).getTime() - new Date(`${first}T00:00:00Z`).getTime()) / DAY_MS + 1)
}

/** Whether the browser knows a zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The `count` days that end with the given one, oldest first. */
export function daysUntil(lastDay: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => addDays(lastDay, index + 1 - count))
}

function offsetMs(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value)
  const local = Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'), value('second'))
  return local - Math.floor(at / 1000) * 1000
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
