import { type ReactNode, useId } from 'react'

/** A part of the settings with its heading. */
export function Section({ title, lead, action, children }: { title: string; lead?: string; action?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4 border-t border-line pt-4">
      <div>
        <div className="flex min-h-8 items-center justify-between gap-2">
          <h3 id={id} className="font-semibold">
            {title}
          </h3>
          {action}
        </div>
        {lead && <p className="text-sm text-muted">{lead}</p>}
      </div>
      {children}
    </section>
  )
}
