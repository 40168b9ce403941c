import { type RegisteredRouter, useRouter } from '@tanstack/react-router'
import type { MouseEvent, ReactNode } from 'react'
import type { SafeLink } from './links'

const APP = '/app/'

/** A link: to others in a new tab and without telling them from where, to pages of the app without loading it anew. */
export function Anchor({ link, children }: { link: SafeLink; children: ReactNode }) {
  // Undefined where no router is around, whatever the types say.
  const router = useRouter({ warn: false }) as RegisteredRouter | undefined
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
    <a href={link.href} onClick={follow}>
      {children}
    </a>
  )
}
