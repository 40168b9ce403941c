import { lazy, Suspense } from 'react'

export interface MarkdownProps {
  text: string
  /** While more is to come: what is there already is not read again, and half-written marks at the end are not shown as such. */
  isStreaming?: boolean
  /** Leads links elsewhere, such as from a file's name to a page of the app. */
  resolveLink?: (address: string) => string
  /** For pages of documentation: headings keep their rank and can be linked to, and samples in several languages share tabs. */
  isDocument?: boolean
}

const MarkdownView = lazy(async () => ({ default: (await import('./MarkdownView')).MarkdownView }))

/** Markdown from anywhere, shown without harm: no raw HTML, nothing fetched from elsewhere, no link that runs. Loaded on first use. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<div className="break-words whitespace-pre-wrap">{props.text}</div>}>
      <MarkdownView {...props} />
    </Suspense>
  )
}
