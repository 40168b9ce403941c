import { useSyncExternalStore } from 'react'

const KEY = 'tollway.sample'
const listeners = new Set<() => void>()

/** The id of the sample whose language the reader chose last, in this browser. */
export function useChosenSample(): string | null {
  return useSyncExternalStore(subscribe, () => localStorage.getItem(KEY))
}

/** Keep the choice, and show it in every list of samples on the page. */
export function chooseSample(id: string): void {
  localStorage.setItem(KEY, id)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
