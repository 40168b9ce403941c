import { useEffect, useState } from 'react'

const SHOWN_MS = 2000

/** What became of the last try, for a moment. */
export type Copied = 'copied' | 'notCopied' | null

/** Copying, and for a moment what became of it. */
export function useCopy(): { copied: Copied; copy: (text: string) => void } {
  const [copied, setCopied] = useState<Copied>(null)
  useEffect(() => {
    if (copied === null) return
    const timer = setTimeout(() => setCopied(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])
  return {
    copied,
    copy: (text) =>
      void copyText(text).then(
        () => setCopied('copied'),
        () => setCopied('notCopied'),
      ),
  }
}

/** The clipboard of the browser, or, on plain http where there is none, the older way through a selection. */
async function copyText(text: string): Promise<void> {
  // A page that is no secure context has no clipboard, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (clipboard) return clipboard.writeText(text)
  const focused = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  // While a dialog is open nothing outside of it can be selected.
  const place = focused?.closest('dialog') ?? document.body
  place.append(area)
  area.focus({ preventScroll: true })
  area.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without a secure context
  const isCopied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  if (!isCopied) throw new Error('The browser does not let this page copy')
}
