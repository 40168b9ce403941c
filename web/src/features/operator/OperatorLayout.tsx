import { Link, type LinkProps, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { type Texts, useTexts } from '@/texts'

interface Section {
  to: NonNullable<LinkProps['to']>
  label: (texts: Texts['operator']) => string
}

const SECTIONS: Section[] = [
  { to: '/operator', label: (texts) => texts.accounts.title },
  { to: '/operator/payments', label: (texts) => texts.payments.title },
  { to: '/operator/coupons', label: (texts) => texts.coupons.title },
  { to: '/operator/prices', label: (texts) => texts.prices.title },
  { to: '/operator/models', label: (texts) => texts.models.title },
  { to: '/operator/upstreams', label: (texts) => texts.upstreams.title },
  { to: '/operator/books', label: (texts) => texts.books.title },
  { to: '/operator/audit', label: (texts) => texts.audit.title },
  { to: '/operator/settings', label: (texts) => texts.settings.title },
]

/** The operator's pages, under a row of their own. */
export function OperatorLayout() {
  const texts = useTexts().operator
  const nav = useOpenOneInSight()
  return (
    <div>
      <nav ref={nav} aria-label={texts.label} className="relative overflow-x-auto border-b border-line bg-surface px-4 sm:px-6 lg:px-8">
        <ul className="mx-auto flex max-w-7xl gap-1">
          {SECTIONS.map((section) => (
            <li key={section.to}>
              <Link
                to={section.to}
                activeOptions={{ exact: true }}
                className="flex min-h-11 items-center border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-muted -outline-offset-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
              >
                {section.label(texts)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Outlet />
    </div>
  )
}

/** On a narrow screen the row scrolls, and begins where the open page is. */
function useOpenOneInSight() {
  const ref = useRef<HTMLElement>(null)
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(() => {
    const row = ref.current
    const open = row?.querySelector<HTMLElement>('[aria-current=page]')
    if (row && open) row.scrollLeft = open.offsetLeft - (row.clientWidth - open.offsetWidth) / 2
  }, [path])
  return ref
}
