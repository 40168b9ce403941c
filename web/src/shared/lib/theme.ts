import { useSyncExternalStore } from 'react'

/** What a person may choose; `system` follows the machine. */
export type Theme = 'light' | 'dark' | 'system'

const KEY = 'tollway.theme'
const listeners = new Set<() => void>()

export function currentTheme(): Theme {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** Keep the choice and show it at once; public/theme.js reads it before the first paint. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, theme)
  showTheme()
  for (const listener of listeners) listener()
}

/** Follow the machine's theme while nothing else was chosen. */
export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showTheme)
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme)
}

function showTheme(): void {
  const chosen = currentTheme()
  const isDark = chosen === 'dark' || (chosen === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
