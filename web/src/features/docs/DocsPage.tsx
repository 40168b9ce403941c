import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft, ArrowRight } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import { MarkdownView } from '@/shared/markdown/MarkdownView'
import { useTitle } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { type DocsEntry, neighbours, resolveDocsLink } from './library'
import { OnThisPage } from './OnThisPage'
import { outline } from './outline'

const layout = getRouteApi('/docs')
const route = getRouteApi('/docs/$page')

export function DocsPage() {
  const sections = layout.useLoaderData()
  const { page } = route.useParams()
  const text = route.useLoaderData()
  const entries = useMemo(() => outline(text), [text])
  useTitle(entries[0]?.text ?? page)
  useScrollToAnchor(page)
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-10 py-6 lg:py-8 xl:grid-cols-[minmax(0,1fr)_13rem]">
      <div className="grid w-full max-w-3xl min-w-0 content-start gap-10">
        <article lang="en" className="min-w-0">
          <MarkdownView key={page} text={text} resolveLink={resolveDocsLink} isDocument />
        </article>
        <Neighbours {...neighbours(sections, page)} />
      </div>
      <OnThisPage key={page} entries={entries.filter(({ rank }) => rank === 2 || rank === 3)} />
    </div>
  )
}

/** The page stands only now, so the place that the address names is found only now. */
function useScrollToAnchor(page: string): void {
  useEffect(() => {
    const anchor = decodeURIComponent(location.hash.slice(1))
    if (anchor) document.getElementById(anchor)?.scrollIntoView()
  }, [page])
}

function Neighbours({ previous, next }: { previous: DocsEntry | undefined; next: DocsEntry | undefined }) {
  const texts = useTexts()
  return (
    <nav aria-label={texts.docs.neighbours} className="grid gap-3 border-t border-line pt-6 sm:grid-cols-2 print:hidden">
      {previous ? (
        <Link to="/docs/$page" params={{ page: previous.name }} className="grid gap-0.5 rounded-lg border border-line px-4 py-3 hover:border-accent">
          <span className="flex items-center gap-1.5 text-sm text-muted">
            <ArrowLeft aria-hidden className="size-4" />
            {texts.common.previous}
          </span>
          <span lang="en" className="font-medium">{previous.title}</span>
        </Link>
      ) : (
        <span />
      )}
      {next && (
        <Link to="/docs/$page" params={{ page: next.name }} className="grid justify-items-end gap-0.5 rounded-lg border border-line px-4 py-3 text-right hover:border-accent">
          <span className="flex items-center gap-1.5 text-sm text-muted">
            {texts.common.next}
            <ArrowRight aria-hidden className="size-4" />
          </span>
          <span lang="en" className="font-medium">{next.title}</span>
        </Link>
      )}
    </nav>
  )
}
