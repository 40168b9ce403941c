import clsx from 'clsx'
import type { ReactNode } from 'react'
import { ApiError } from '@/shared/api/client'
import { useTexts } from '@/texts'
import { Button } from './Button'

type Tone = 'info' | 'good' | 'warn' | 'bad'

const TONES: Record<Tone, string> = {
  info: 'bg-accent-soft text-ink',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
}

export function Notice({ tone = 'info', title, children }: { tone?: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={clsx('rounded-lg px-4 py-3', TONES[tone])} role={tone === 'bad' ? 'alert' : 'status'}>
      {title && <p className="font-semibold">{title}</p>}
      {children}
    </div>
  )
}

/** What went wrong, in the server's words, with a way to try again. */
export function FailureNotice({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const texts = useTexts()
  const isRefusal = error instanceof ApiError
  return (
    <Notice tone="bad" title={texts.failure.title}>
      <p>{isRefusal ? error.message : texts.failure.unexpected}</p>
      {isRefusal && error.retryAfterS !== null && <p>{texts.failure.retryAfter(error.retryAfterS)}</p>}
      {isRefusal && error.requestId && <p className="text-sm">{texts.failure.requestId(error.requestId)}</p>}
      {onRetry && (
        <Button size="small" className="mt-2" onClick={onRetry}>
          {texts.common.retry}
        </Button>
      )}
    </Notice>
  )
}

const BADGES: Record<Tone | 'plain', string> = { ...TONES, plain: 'bg-sunken text-ink' }

export function Badge({ tone = 'plain', children }: { tone?: Tone | 'plain'; children: ReactNode }) {
  return <span className={clsx('inline-flex items-center gap-1 rounded-md px-2 py-0.5 text-xs font-medium whitespace-nowrap', BADGES[tone])}>{children}</span>
}
