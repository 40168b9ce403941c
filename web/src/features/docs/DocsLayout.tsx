import { getRouteApi, Link, Outlet, useRouterState } from '@tanstack/react-router'
import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { useTexts } from '@/texts'
import type { DocsSection } from './library'
import { SearchBox } from './SearchBox'

const route = getRouteApi('/docs')

/** All pages at the side, with the search above; on a phone the list opens on request. */
export function DocsLayout() {
  const texts = useTexts()
  const sections = route.useLoaderData()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [openedAt, setOpenedAt] = useState<string | null>(null)
  const isOpen = openedAt === path
  return (
    <div className="mx-auto grid w-full max-w-[90rem] grid-cols-[minmax(0,1fr)] px-4 sm:px-6 lg:grid-cols-[14rem_minmax(0,1fr)] lg:gap-8 lg:px-8">
      <div className="grid content-start gap-3 border-b border-line py-4 lg:sticky lg:top-0 lg:h-dvh lg:-mx-1.5 lg:gap-5 lg:overflow-y-auto lg:px-1.5 lg:border-b-0 lg:py-6 print:hidden">
        <SearchBox sections={sections} />
        <button type="button" aria-expanded={isOpen} aria-controls="docs-pages" onClick={() => setOpenedAt(isOpen ? null : path)} className="flex min-h-10 items-center justify-between rounded-lg border border-line px-3 text-sm font-medium lg:hidden">
          {texts.docs.pages}
          <ChevronDown aria-hidden className={isOpen ? 'size-4 rotate-180' : 'size-4'} />
        </button>
        <PageList sections={sections} isOpen={isOpen} />
      </div>
      <Outlet />
    </div>
  )
}

const LINK = 'block rounded-md px-3 py-1.5 text-sm text-muted hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-ink'

function PageList({ sections, isOpen }: { sections: DocsSection[]; isOpen: boolean }) {
  const texts = useTexts()
  return (
    <nav id="docs-pages" aria-label={texts.docs.pages} className={`${isOpen ? 'grid' : 'hidden'} gap-4 lg:grid`}>
      <Link to="/docs" activeOptions={{ exact: true }} className={LINK}>
        {texts.docs.overview}
      </Link>
      {sections.map(({ title, entries }) => (
        <div key={title} lang="en">
          <p className="px-3 pb-1 text-xs font-semibold tracking-wide text-ink uppercase">{title}</p>
          <ul className="grid gap-px">
            {entries.map((entry) => (
              <li key={entry.name}>
                <Link to="/docs/$page" params={{ page: entry.name }} activeOptions={{ includeHash: false }} className={LINK}>
                  {entry.title}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <Link to="/docs/api" className={LINK}>
        {texts.docs.api}
      </Link>
    </nav>
  )
}
