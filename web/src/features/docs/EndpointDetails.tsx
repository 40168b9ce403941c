import { ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { SchemaView } from '@/shared/schema/SchemaView'
import type { ApiDocument, MediaType, Parameter } from '@/shared/schema/types'
import { CodeBlock } from '@/shared/ui/Copy'
import { Badge } from '@/shared/ui/Notice'
import { Prose } from '@/shared/ui/Prose'
import { useTexts } from '@/texts'
import { accessOf, type Endpoint, examplesOf } from './apiReference'

const METHODS: Record<string, string> = { GET: 'text-good', POST: 'text-accent', PUT: 'text-warn', PATCH: 'text-warn', DELETE: 'text-bad' }

/** One line that opens to all that an endpoint takes and answers; filled only then. */
export function EndpointDetails({ endpoint, document }: { endpoint: Endpoint; document: ApiDocument }) {
  const [isOpen, setOpen] = useState(false)
  const { method, path, operation } = endpoint
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} className="group">
      <summary className="grid list-none grid-cols-[1rem_4rem_minmax(0,1fr)] items-center gap-x-2 rounded-xl px-3 py-2.5 -outline-offset-2 hover:bg-sunken sm:px-4 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 text-muted group-open:rotate-90" />
        <span className={`font-mono text-sm font-semibold ${METHODS[method] ?? ''}`}>{method}</span>
        <span className="flex min-w-0 flex-wrap items-baseline justify-between gap-x-4">
          <code className="font-mono text-sm break-all">{path}</code>
          <span className="text-sm text-muted">{operation.summary}</span>
        </span>
      </summary>
      {isOpen && <Opened endpoint={endpoint} document={document} />}
    </details>
  )
}

function Opened({ endpoint: { operation }, document }: { endpoint: Endpoint; document: ApiDocument }) {
  const texts = useTexts()
  const access = accessOf(operation)
  return (
    <div className="grid min-w-0 gap-6 border-t border-line px-3 py-5 sm:px-5">
      <div className="grid gap-2">
        {operation.description && (
          <p className="max-w-prose">
            <Prose text={operation.description} />
          </p>
        )}
        <p className="flex flex-wrap gap-1.5">
          {access.length === 0 ? <Badge tone="good">{texts.docs.openToAll}</Badge> : access.map((scheme) => <Badge key={scheme}>{texts.docs.schemes[scheme] ?? scheme}</Badge>)}
        </p>
      </div>
      {operation.parameters && operation.parameters.length > 0 && (
        <Part title={texts.docs.parameters}>
          <SchemaView schema={schemaOf(operation.parameters, texts.docs.places)} document={document} />
        </Part>
      )}
      {Object.entries(operation.requestBody?.content ?? {}).map(([type, media]) => (
        <Part key={type} title={texts.docs.body} note={type}>
          <Media media={media} document={document} />
        </Part>
      ))}
      <Part title={texts.docs.answers}>
        {Object.entries(operation.responses ?? {}).map(([status, response]) => (
          <Answer key={status} status={status} description={response.description} content={response.content ?? {}} document={document} />
        ))}
      </Part>
    </div>
  )
}

interface AnswerProps {
  status: string
  description: string | undefined
  content: Record<string, MediaType>
  document: ApiDocument
}

function Answer({ status, description, content, document }: AnswerProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} className="min-w-0 rounded-lg border border-line">
      <summary className="rounded-lg px-3 py-2 text-sm">
        <Badge tone={status.startsWith('2') ? 'good' : 'warn'}>{status}</Badge> {description && <Prose text={description} />}
      </summary>
      {isOpen && (
        <div className="grid min-w-0 gap-4 border-t border-line p-3">
          {Object.entries(content).map(([type, media]) => (
            <div key={type} className="grid min-w-0 gap-2">
              <p className="font-mono text-sm text-muted">{type}</p>
              <Media media={media} document={document} />
            </div>
          ))}
        </div>
      )}
    </details>
  )
}

function Media({ media, document }: { media: MediaType; document: ApiDocument }) {
  const texts = useTexts()
  return (
    <div className="grid min-w-0 gap-3">
      {media.schema && <SchemaView schema={media.schema} document={document} />}
      {examplesOf(media).map(({ name, text }) => (
        <CodeBlock key={name} code={text} label={name ? texts.docs.namedExample(name) : texts.docs.example} language="json" />
      ))}
    </div>
  )
}

function Part({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className="grid min-w-0 gap-2">
      <h3 className="flex flex-wrap items-baseline gap-2 text-sm font-semibold">
        {title} {note && <span className="font-mono font-normal text-muted">{note}</span>}
      </h3>
      {children}
    </section>
  )
}

/** Parameters as the properties of an object, each with where it stands. */
function schemaOf(parameters: Parameter[], places: Record<string, string>) {
  return {
    type: 'object',
    required: parameters.filter((one) => one.required).map((one) => one.name),
    properties: Object.fromEntries(
      parameters.map(({ name, in: place, description = '', schema }) => [name, { ...schema, description: `${description} (${places[place] ?? place})`.trim() }]),
    ),
  }
}
