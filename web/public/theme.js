// Sets the theme before the first paint, so that a dark page does not flash white. Kept in step with shared/lib/theme.ts.
;(() => {
  const kept = (() => {
    try {
      return localStorage.getItem('tollway.theme')
    } catch {
      return null
    }
  })()
  const isDark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
})()
