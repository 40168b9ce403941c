import { useRouter } from '@tanstack/react-router'
import type { MouseEvent, ReactNode } from 'react'
import type { SafeLink } from './links'

const APP = '/app/'

/** A link: to others in a new tab and without telling them from where, to pages of the app without loading it anew. */
export function Anchor({ link, children }: { link: SafeLink; children: ReactNode }) {
  // Undefined where no router is around, whatever the types say.
  const router = useRouter({ warn: false }) as ReturnType<typeof useRouter> | undefined
  if (link.isForeign) {
    return (
      <a href={link.href} target="_blank" rel="noreferrer noopener">
        {children}
      </a>
    )
  }
  const follow = (event: MouseEvent) => {
    const isPlainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!router || !isPlainClick || !link.href.startsWith(APP)) return
    event.preventDefault()
    router.history.push(link.href)
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events -- a link, whose Enter is a click
    <a href={link.href} onClick={follow}>
      {children}
    </a>
  )
}
