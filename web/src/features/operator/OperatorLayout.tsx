import { Link, type LinkProps, Outlet } from '@tanstack/react-router'
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
  return (
    <div>
      <nav aria-label={texts.label} className="overflow-x-auto border-b border-line bg-surface px-4 sm:px-6 lg:px-8">
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
