import clsx from 'clsx'
import { type ReactNode, useEffect } from 'react'
import { useTexts } from '@/texts'

interface PageProps {
  title: string
  lead?: ReactNode
  /** Buttons beside the title. */
  actions?: ReactNode
  children: ReactNode
}

/** A page's head and body; it also names the browser's tab. */
export function Page({ title, lead, actions, children }: PageProps) {
  useTitle(title)
  return (
    <div className="mx-auto grid w-full max-w-7xl grid-cols-[minmax(0,1fr)] gap-6 px-4 py-6 sm:px-6 lg:px-8">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {lead && <p className="mt-1 max-w-2xl text-muted">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export function useTitle(title: string): void {
  const texts = useTexts()
  useEffect(() => {
    document.title = texts.common.page(title)
  }, [texts, title])
}

interface CardProps {
  title?: string
  actions?: ReactNode
  className?: string
  children: ReactNode
}

export function Card({ title, actions, className, children }: CardProps) {
  return (
    <section className={clsx('grid min-w-0 content-start gap-4 rounded-xl border border-line bg-surface p-4 sm:p-5', className)}>
      {title && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h2 className="text-base font-semibold">{title}</h2>
          {actions}
        </div>
      )}
      {children}
    </section>
  )
}

/** A figure with its name, for rows of facts. */
export function Stat({ label, value, note }: { label: ReactNode; value: ReactNode; note?: ReactNode }) {
  return (
    <div className="grid content-start gap-0.5 rounded-xl border border-line bg-surface p-4">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="text-2xl font-semibold tabular-nums">{value}</dd>
      {note && <dd className="text-sm text-muted">{note}</dd>}
    </div>
  )
}

/** What stands where there is nothing yet. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="grid content-center justify-items-center gap-2 rounded-xl border border-dashed border-line px-4 py-10 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="grid max-w-md justify-items-center gap-3 text-muted">{children}</div>}
    </div>
  )
}

/** Holds the place of what is on its way, so that nothing jumps when it comes. */
export function Skeleton({ className = 'h-6' }: { className?: string }) {
  const texts = useTexts()
  return (
    <div role="status" className={clsx('animate-pulse rounded-lg bg-sunken', className)}>
      <span className="sr-only">{texts.common.loading}</span>
    </div>
  )
}
