import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Menu as MenuIcon, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useSession } from '@/shared/lib/session'
import { IconButton } from '@/shared/ui/Button'
import { useTexts } from '@/texts'
import { AccountMenu } from './AccountMenu'
import { NavList } from './NavList'

/** What stands around every page: the way to all others at the side, or behind a button on a phone. */
export function Shell() {
  const texts = useTexts()
  const session = useSession()
  // Where the menu was opened: on every other page it is closed again.
  const [openedAt, setOpenedAt] = useState<string | null>(null)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const main = useFocusOnNewPage(path)
  const isMenuOpen = openedAt === path
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {texts.common.skipToContent}
      </a>
      <header className="sticky top-0 z-40 border-b border-line bg-surface lg:h-dvh lg:border-r lg:border-b-0 lg:overflow-y-auto print:hidden">
        <div className="flex items-center justify-between gap-2 px-4 py-2 lg:px-5 lg:py-5">
          <Link to="/" className="flex min-h-10 items-center gap-2.5 text-lg font-semibold tracking-tight">
            <img src="/app/icon.svg" alt="" width="28" height="28" />
            {texts.common.product}
          </Link>
          <IconButton className="lg:hidden" label={isMenuOpen ? texts.common.close : texts.common.menu} aria-expanded={isMenuOpen} aria-controls="menu" onClick={() => setOpenedAt(isMenuOpen ? null : path)}>
            {isMenuOpen ? <X aria-hidden className="size-5" /> : <MenuIcon aria-hidden className="size-5" />}
          </IconButton>
        </div>
        <div id="menu" className={`${isMenuOpen ? 'grid' : 'hidden'} max-h-[calc(100dvh-3.5rem)] gap-6 overflow-y-auto px-3 pb-4 lg:grid lg:max-h-none`}>
          <NavList session={session ?? null} />
          <AccountMenu session={session ?? null} />
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1} className="min-w-0 outline-none">
        <Outlet />
      </main>
    </div>
  )
}

/** Moves the focus to the content when the page changes, as a page that was loaded anew would; not at the first one. */
function useFocusOnNewPage(path: string) {
  const ref = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current !== path) ref.current?.focus({ preventScroll: true })
    shown.current = path
  }, [path])
  return ref
}
