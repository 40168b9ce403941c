import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { copyText } from '@/shared/ui/Copy'
import { IconButton } from '@/shared/ui/Button'
import { useTexts } from '@/texts'

/** Copies a text; small enough for a row of pictures. */
export function CopyIcon({ text, label }: { text: string; label: string }) {
  const texts = useTexts()
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [isCopied])
  return (
    <>
      <IconButton label={label} className="size-8 text-muted!" onClick={() => void copyText(text).then(() => setCopied(true))}>
        {isCopied ? <Check aria-hidden className="size-4 text-good" /> : <Copy aria-hidden className="size-4" />}
      </IconButton>
      <span role="status" className="sr-only">
        {isCopied && texts.common.copied}
      </span>
    </>
  )
}
