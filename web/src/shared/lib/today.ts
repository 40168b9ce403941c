import { useSyncExternalStore } from 'react'
import { dayIn } from './timeZone'

const CHECK_MS = 30_000

/** The present day (YYYY-MM-DD) in a zone; the page shows the next one soon after midnight. */
export function useToday(zone: string): string {
  return useSyncExternalStore(subscribe, () => dayIn(zone, new Date()))
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, CHECK_MS)
  return () => clearInterval(timer)
}
