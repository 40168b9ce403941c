import { useEffect, useState } from 'react'
import { useTexts } from '@/texts'
import type { OutlineEntry } from './outline'

/** The headings of a page, with the one marked that is being read. */
export function OnThisPage({ entries }: { entries: OutlineEntry[] }) {
  const texts = useTexts()
  const current = useCurrentAnchor(entries)
  if (entries.length < 2) return <span className="hidden xl:block" />
  return (
    <nav aria-label={texts.docs.onThisPage} className="sticky top-8 hidden max-h-[calc(100dvh-4rem)] content-start self-start overflow-y-auto xl:grid print:hidden">
      <p className="pb-2 pl-3 text-sm font-semibold">{texts.docs.onThisPage}</p>
      <ul lang="en" className="border-l border-line text-sm">
        {entries.map(({ anchor, text, rank }) => (
          <li key={anchor}>
            <a
              href={`#${anchor}`}
              aria-current={anchor === current ? 'location' : undefined}
              className={`-ml-px block border-l-2 border-transparent py-1 text-muted -outline-offset-2 hover:text-ink aria-[current=location]:border-accent aria-[current=location]:text-ink ${rank === 3 ? 'pl-6' : 'pl-3'}`}
            >
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** How far below the upper edge a heading counts as read. */
const READ_AT = 120

function useCurrentAnchor(entries: OutlineEntry[]): string | undefined {
  const [current, setCurrent] = useState(entries[0]?.anchor)
  useEffect(() => {
    const look = () => {
      const passed = entries.filter(({ anchor }) => (document.getElementById(anchor)?.getBoundingClientRect().top ?? Infinity) <= READ_AT)
      // What stands last may be too short to ever come up so far.
      const isAtEnd = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2
      setCurrent((isAtEnd ? entries : passed).at(-1)?.anchor ?? entries[0]?.anchor)
    }
    addEventListener('scroll', look, { passive: true })
    return () => removeEventListener('scroll', look)
  }, [entries])
  return current
}
