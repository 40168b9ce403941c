import { useState } from 'react'
import { Badge } from '@/shared/ui/Notice'
import { ServersProse } from '@/shared/ui/Prose'
import { useTexts } from '@/texts'
import { type Fact, facts, isNullable, kindText, type Part, parts } from './readSchema'
import type { ApiDocument, JsonSchema } from './types'

interface SchemaViewProps {
  schema: JsonSchema
  /** Where the schema's references lead. */
  document: ApiDocument
}

/** The properties of an object, each with what it takes; what stands deeper opens on request. */
export function SchemaView({ schema, document }: SchemaViewProps) {
  const texts = useTexts()
  const all = parts(schema, document)
  if (all.length === 0) return <p className="text-muted">{kindText(schema, document, texts.schema)}</p>
  return <Parts all={all} document={document} />
}

/** Parameters and the like, shown like properties. */
export function Parts({ all, document }: { all: Part[]; document: ApiDocument }) {
  return (
    <ul className="min-w-0 divide-y divide-line rounded-lg border border-line">
      {all.map((part) => (
        <li key={part.name} className="grid min-w-0 gap-1.5 px-3 py-3 sm:px-4">
          <OnePart part={part} document={document} />
        </li>
      ))}
    </ul>
  )
}

function OnePart({ part, document }: { part: Part; document: ApiDocument }) {
  const texts = useTexts()
  const inner = parts(part.schema, document)
  const description = part.schema.description ?? (part.isForm ? undefined : described(part.schema, document))
  return (
    <>
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-2.5 gap-y-1">
        <code className="font-mono text-sm font-semibold break-all">{part.name === '*' ? texts.schema.anyName : part.name}</code>
        <span className="text-sm text-muted">{part.isForm ? texts.schema.form : kindText(part.schema, document, texts.schema)}</span>
        {part.isRequired && <Badge tone="warn">{texts.schema.required}</Badge>}
        {isNullable(part.schema, document) && <Badge>{texts.schema.nullable}</Badge>}
      </div>
      {description && (
        <p className="max-w-prose text-sm">
          <ServersProse text={description} />
        </p>
      )}
      <Facts all={facts(part.schema, document)} />
      {inner.length > 0 && <Inner name={part.name} all={inner} document={document} />}
    </>
  )
}

function Facts({ all }: { all: Fact[] }) {
  const texts = useTexts()
  if (all.length === 0) return null
  return (
    <dl className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {all.map((fact) => (
        <div key={fact.name} className="flex flex-wrap items-baseline gap-1.5">
          <dt className="text-muted">{texts.schema.facts[fact.name]}</dt>
          {fact.values.map((value) => (
            <dd key={value}>
              <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.8125rem] break-all">{value}</code>
            </dd>
          ))}
        </div>
      ))}
    </dl>
  )
}

/** Filled only once it is open, for a schema may stand within itself. */
function Inner({ name, all, document }: { name: string; all: Part[]; document: ApiDocument }) {
  const texts = useTexts()
  const [isOpen, setOpen] = useState(false)
  const count = all[0]?.isForm ? texts.schema.forms(all.length) : texts.schema.fields(all.length)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} className="min-w-0">
      <summary className="w-fit rounded py-1 text-sm text-accent">
        {count} <span className="sr-only">{texts.schema.within(name)}</span>
      </summary>
      {isOpen && (
        <div className="mt-1.5 min-w-0">
          <Parts all={all} document={document} />
        </div>
      )}
    </details>
  )
}

/** What is said of the type itself, where nothing is said of the property. */
function described(schema: JsonSchema, document: ApiDocument): string | undefined {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? undefined : document.components?.schemas?.[name]?.description
}
