import { useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/**
 * A secret from the part of the address behind `#`, which browsers do not send to servers or to other sites.
 *
 * It leaves the address, and with it the history, as soon as it is read; a link that is opened later in the same tab
 * brings another one. Null where none came.
 */
export function useFragmentSecret(name: string): string | null {
  const hash = useLocation({ select: (location) => location.hash })
  const navigate = useNavigate()
  const found = new URLSearchParams(hash).get(name)
  const [secret, setSecret] = useState(found)
  if (found !== null && found !== secret) setSecret(found)
  useEffect(() => {
    if (found !== null) void navigate({ to: '.', search: true, hash: '', replace: true })
  }, [found, navigate])
  return found ?? secret
}
