import { Link, type LinkProps } from '@tanstack/react-router'
import { BookOpen, Boxes, ChartColumn, CreditCard, House, KeyRound, type LucideIcon, ShieldCheck, SquareTerminal, UserRound } from 'lucide-react'
import type { Session } from '@/shared/lib/session'
import { type Texts, useTexts } from '@/texts'

interface Item {
  to: NonNullable<LinkProps['to']>
  label: (texts: Texts) => string
  icon: LucideIcon
  /** Who sees it: anybody, signed-in people, or operators. */
  for: 'all' | 'signedIn' | 'operator'
}

const ITEMS: Item[] = [
  { to: '/', label: (texts) => texts.nav.home, icon: House, for: 'signedIn' },
  { to: '/playground', label: (texts) => texts.nav.playground, icon: SquareTerminal, for: 'signedIn' },
  { to: '/keys', label: (texts) => texts.nav.keys, icon: KeyRound, for: 'signedIn' },
  { to: '/models', label: (texts) => texts.nav.models, icon: Boxes, for: 'all' },
  { to: '/usage', label: (texts) => texts.nav.usage, icon: ChartColumn, for: 'signedIn' },
  { to: '/billing', label: (texts) => texts.nav.billing, icon: CreditCard, for: 'signedIn' },
  { to: '/docs', label: (texts) => texts.nav.docs, icon: BookOpen, for: 'all' },
  { to: '/account', label: (texts) => texts.nav.account, icon: UserRound, for: 'signedIn' },
  { to: '/operator', label: (texts) => texts.nav.operator, icon: ShieldCheck, for: 'operator' },
]

export function NavList({ session }: { session: Session | null }) {
  const texts = useTexts()
  const shown = ITEMS.filter((item) => item.for === 'all' || (session && (item.for === 'signedIn' || session.is_operator)))
  return (
    <nav aria-label={texts.nav.label}>
      <ul className="grid gap-0.5">
        {shown.map((item) => (
          <li key={item.to}>
            <Link
              to={item.to}
              activeOptions={{ exact: item.to === '/' }}
              className="flex min-h-10 items-center gap-3 rounded-lg px-3 text-muted hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-ink"
            >
              <item.icon aria-hidden className="size-4.5" />
              {item.label(texts)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
