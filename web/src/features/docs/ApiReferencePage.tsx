import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { ApiDocument } from '@/shared/schema/types'
import { Loaded } from '@/shared/ui/Loaded'
import { Skeleton, useTitle } from '@/shared/ui/Page'
import { Prose } from '@/shared/ui/Prose'
import { useTexts } from '@/texts'
import { apiDocumentQuery, groupEndpoints } from './apiReference'
import { EndpointDetails } from './EndpointDetails'
import { OnThisPage } from './OnThisPage'

/** Every endpoint as the server's own description tells it. */
export function ApiReferencePage() {
  const texts = useTexts()
  const document = useQuery(apiDocumentQuery)
  useTitle(texts.docs.apiTitle)
  return (
    <div className="min-w-0 py-6 lg:py-8">
      <header className="pb-6">
        <h1 className="text-3xl font-semibold tracking-tight">{texts.docs.apiTitle}</h1>
        <p className="mt-2 max-w-2xl text-muted">{texts.docs.apiLead}</p>
        <a href="/openapi.json" className="mt-2 inline-block text-sm text-accent underline underline-offset-4">
          {texts.docs.document}
        </a>
      </header>
      <Loaded query={document} waiting={<Skeleton className="h-[80dvh]" />}>
        {(data) => <Groups document={data} />}
      </Loaded>
    </div>
  )
}

function Groups({ document }: { document: ApiDocument }) {
  const groups = useMemo(() => groupEndpoints(document), [document])
  const entries = useMemo(() => groups.map(({ tag, anchor }) => ({ rank: 2, text: tag, anchor, content: '' })), [groups])
  useEffect(() => {
    if (location.hash) window.document.getElementById(location.hash.slice(1))?.scrollIntoView()
  }, [])
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-10 xl:grid-cols-[minmax(0,1fr)_13rem]">
      <div className="grid min-w-0 content-start gap-8" lang="en">
        {document.info.description && (
          <p className="max-w-prose">
            <Prose text={document.info.description} />
          </p>
        )}
        {groups.map(({ tag, anchor, endpoints }) => (
          <section key={tag} id={anchor} aria-labelledby={`${anchor}-title`} className="grid scroll-mt-20 gap-3 lg:scroll-mt-8">
            <h2 id={`${anchor}-title`} className="text-lg font-semibold">
              {tag}
            </h2>
            <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
              {endpoints.map((endpoint) => (
                <li key={endpoint.id} id={endpoint.id} className="scroll-mt-20">
                  <EndpointDetails endpoint={endpoint} document={document} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <OnThisPage entries={entries} />
    </div>
  )
}
