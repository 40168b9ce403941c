import { useEffect, useState } from 'react'

const SETTLED_MS = 250

/** A text that is being typed, as it was when the typing last paused, so that not every letter asks the server. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
