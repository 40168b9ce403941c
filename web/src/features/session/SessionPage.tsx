import type { ReactNode } from 'react'
import { useTitle } from '@/shared/ui/Page'

interface SessionPageProps {
  title: string
  lead?: ReactNode
  children: ReactNode
  /** Where else one may want to go. */
  below?: ReactNode
}

/** The narrow page that forms before a session stand on. */
export function SessionPage({ title, lead, children, below }: SessionPageProps) {
  useTitle(title)
  return (
    <div className="mx-auto grid w-full max-w-md gap-6 px-4 py-10 sm:py-20">
      <header>
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {lead && <p className="mt-1 text-muted">{lead}</p>}
      </header>
      <div className="rounded-xl border border-line bg-surface p-5">{children}</div>
      {below && <div className="flex flex-wrap justify-between gap-x-6 gap-y-2 text-sm [&_a]:text-accent [&_a]:underline [&_a]:underline-offset-4">{below}</div>}
    </div>
  )
}
