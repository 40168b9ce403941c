import { Link, type LinkProps } from '@tanstack/react-router'
import clsx from 'clsx'
import type { AnchorHTMLAttributes, ComponentProps, ReactNode } from 'react'

type Kind = 'primary' | 'secondary' | 'quiet' | 'danger'

interface Look {
  kind?: Kind
  size?: 'small' | 'normal'
}

const KINDS: Record<Kind, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'border border-line bg-surface text-ink hover:bg-sunken',
  quiet: 'text-ink hover:bg-sunken',
  danger: 'border border-bad bg-surface text-bad hover:bg-bad-soft',
}

function look({ kind = 'secondary', size = 'normal' }: Look, extra?: string): string {
  return clsx(
    'inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors',
    'disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:opacity-60',
    size === 'small' ? 'min-h-8 px-2.5 text-sm' : 'min-h-10 px-4',
    KINDS[kind],
    extra,
  )
}

interface ButtonProps extends Look, ComponentProps<'button'> {
  /** Whether what it began is under way; it takes no second click, and keeps the focus. */
  isBusy?: boolean
}

export function Button({ kind, size, isBusy = false, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={look({ ...(kind && { kind }), ...(size && { size }) }, className)}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || rest['aria-disabled']}
      onClick={(event) => {
        if (isBusy) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {isBusy && <span aria-hidden className="size-4 animate-spin rounded-full border-2 border-current border-t-transparent" />}
      {children}
    </button>
  )
}

/** A square button with a picture, whose name is for screen readers and the tooltip. */
export function IconButton({ label, className, ...rest }: Omit<ButtonProps, 'className'> & { label: string; className?: string | undefined }) {
  return <Button kind="quiet" aria-label={label} title={label} {...rest} className={clsx('size-10 shrink-0 p-0!', className)} />
}

/** A link that looks like a button. */
export function LinkButton({ kind, size, className, children, ...rest }: Look & LinkProps & { className?: string; children: ReactNode }) {
  return (
    <Link {...rest} className={look({ ...(kind && { kind }), ...(size && { size }) }, className)}>
      {children}
    </Link>
  )
}

/** A link to a file of the server's, which the browser saves; it looks like a button. */
export function DownloadLink({ kind, size, className, children, ...rest }: Look & AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; children: ReactNode }) {
  return (
    <a download {...rest} className={look({ ...(kind && { kind }), ...(size && { size }) }, className)}>
      {children}
    </a>
  )
}
