import { lazy, Suspense } from 'react'
import './code.css'

const Highlighted = lazy(async () => ({ default: (await import('./highlight')).Highlighted }))

/** Code in the colours of its language; plain until these are loaded, and for languages that are not known. */
export function Code({ code, language }: { code: string; language: string }) {
  return (
    <code className="hljs">
      <Suspense fallback={code}>
        <Highlighted code={code} language={language.toLowerCase()} />
      </Suspense>
    </code>
  )
}
