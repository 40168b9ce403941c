import type { ReactNode } from 'react'
import { useTitle } from '@/shared/ui/Page'

/** The narrow page that forms before a session stand on. */
export function SessionPage({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useTitle(title)
  return (
    <div className="mx-auto grid w-full max-w-md gap-6 px-4 py-10 sm:py-20">
      <header>
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {lead && <p className="mt-1 text-muted">{lead}</p>}
      </header>
      <div className="rounded-xl border border-line bg-surface p-5">{children}</div>
    </div>
  )
}
