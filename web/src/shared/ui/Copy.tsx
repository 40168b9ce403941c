import { Check, Copy, X } from 'lucide-react'
import { Code } from '@/shared/markdown/Code'
import { useTexts } from '@/texts'
import { Button, IconButton } from './Button'
import { type Copied, useCopy } from './useCopy'

/** Copies a text, and says to eyes and screen readers what became of it. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const texts = useTexts().common
  const { copied, copy } = useCopy()
  return (
    <>
      <Button size="small" aria-label={label} onClick={() => copy(text)}>
        <CopySign copied={copied} />
        {copied === null ? texts.copy : texts[copied]}
      </Button>
      <CopyStatus copied={copied} />
    </>
  )
}

/** The same, small enough for a row of pictures. */
export function CopyIcon({ text, label, className }: { text: string; label: string; className?: string }) {
  const { copied, copy } = useCopy()
  return (
    <>
      <IconButton label={label} className={className} onClick={() => copy(text)}>
        <CopySign copied={copied} />
      </IconButton>
      <CopyStatus copied={copied} />
    </>
  )
}

function CopySign({ copied }: { copied: Copied }) {
  if (copied === 'copied') return <Check aria-hidden className="size-4 text-good" />
  return copied === 'notCopied' ? <X aria-hidden className="size-4 text-bad" /> : <Copy aria-hidden className="size-4" />
}

/** Outside of the button, whose own words screen readers do not follow. */
function CopyStatus({ copied }: { copied: Copied }) {
  const texts = useTexts().common
  return (
    <span role="status" className="sr-only">
      {copied && texts[copied]}
    </span>
  )
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
