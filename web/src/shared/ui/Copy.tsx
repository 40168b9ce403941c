import { Check, Copy as CopyIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Code } from '@/shared/markdown/Code'
import { useTexts } from '@/texts'
import { Button } from './Button'

/** Copies a text, and says so to eyes and screen readers. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const texts = useTexts()
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [isCopied])
  return (
    <Button
      size="small"
      aria-label={label}
      onClick={() => {
        void copyText(text).then(() => setCopied(true))
      }}
    >
      {isCopied ? <Check aria-hidden className="size-4" /> : <CopyIcon aria-hidden className="size-4" />}
      <span role="status">{isCopied ? texts.common.copied : texts.common.copy}</span>
    </Button>
  )
}

/** The clipboard of the browser, or, on plain http where there is none, the older way through a selection. */
export async function copyText(text: string): Promise<void> {
  // A page that is no secure context has no clipboard, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (clipboard) return clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without a secure context
  document.execCommand('copy')
  area.remove()
}

/** Code with a button that copies it, in the colours of its language where one is given. */
export function CodeBlock({ code, label, language = '' }: { code: string; label: string; language?: string }) {
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-sunken">
      <figcaption className="flex items-center justify-between gap-2 border-b border-line py-1 pr-1 pl-3 text-sm text-muted">
        {label}
        <CopyButton text={code} />
      </figcaption>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls has to be reached by keyboard */}
      <pre tabIndex={0} className="overflow-x-auto p-3 font-mono text-[0.8125rem] leading-relaxed">
        {language ? <Code code={code} language={language} /> : <code>{code}</code>}
      </pre>
    </figure>
  )
}
