import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useTitle } from '@/shared/ui/Page'
import { useTexts } from '@/texts'

const route = getRouteApi('/docs')

export function DocsOverviewPage() {
  const texts = useTexts()
  const sections = route.useLoaderData()
  useTitle(texts.docs.title)
  return (
    <div className="grid min-w-0 content-start gap-8 py-6 lg:max-w-4xl lg:py-8">
      <header>
        <h1 className="text-3xl font-semibold tracking-tight">{texts.docs.title}</h1>
        <p className="mt-2 max-w-2xl text-muted">{texts.docs.lead}</p>
      </header>
      {sections.map(({ title, entries }) => (
        <section key={title} className="grid gap-3" lang="en">
          <h2 className="text-lg font-semibold">{title}</h2>
          <ul className="grid gap-2 sm:grid-cols-2">
            {entries.map((entry) => (
              <li key={entry.name}>
                <Link to="/docs/$page" params={{ page: entry.name }} className="group flex h-full min-h-12 items-center justify-between gap-3 rounded-lg border border-line bg-surface px-4 py-2.5 font-medium hover:border-accent">
                  {entry.title}
                  <ArrowRight aria-hidden className="size-4 shrink-0 text-muted group-hover:text-accent" />
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
