import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useTexts } from '@/texts'
import { Button, IconButton } from './Button'
import { FailureNotice } from './Notice'

interface DialogProps {
  isOpen: boolean
  onClose: () => void
  title: string
  children: ReactNode
  /** A panel at the side for details, or a box in the middle. */
  place?: 'middle' | 'side'
}

/** The browser's own modal dialog: it keeps the focus inside, closes with Escape and gives the focus back, or to the page where its place is gone. */
export function Dialog({ isOpen, onClose, title, children, place = 'middle' }: DialogProps) {
  const texts = useTexts()
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    if (isOpen && dialog && !dialog.open) dialog.showModal()
    if (!isOpen && dialog?.open) dialog.close()
  }, [isOpen])
  // A dialog may vanish together with what it was about.
  useEffect(() => (isOpen ? handOnFocus : undefined), [isOpen])
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // The browser tells of a dialog that it closed only a moment later, in which it may have been opened again. So
        // Escape closes it through its owner. A file chooser within it that is left has a cancel of its own.
        if (event.target !== ref.current) return
        event.preventDefault()
        onClose()
      }}
      onClose={() => {
        if (ref.current?.open) return
        handOnFocus()
        onClose()
      }}
      className={
        place === 'side'
          ? 'm-0 ml-auto h-dvh max-h-none w-full max-w-xl border-l border-line bg-surface'
          : 'm-auto max-h-[90dvh] w-[min(36rem,calc(100vw-2rem))] rounded-xl border border-line bg-surface shadow-xl'
      }
    >
      {isOpen && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 p-5">
          <div className="flex items-start justify-between gap-4">
            <h2 id={titleId} className="pt-1.5 text-lg font-semibold">
              {title}
            </h2>
            <IconButton label={texts.common.close} onClick={onClose}>
              <X aria-hidden className="size-5" />
            </IconButton>
          </div>
          {children}
        </div>
      )}
    </dialog>
  )
}

/** Gives a focus that nothing has to the content, so that the keyboard goes on from there and not from the page's top. */
function handOnFocus(): void {
  if (document.activeElement === document.body) document.querySelector('main')?.focus({ preventScroll: true })
}

interface ConfirmProps {
  isOpen: boolean
  onClose: () => void
  title: string
  children: ReactNode
  /** The word on the button that does it. */
  action: string
  isBusy: boolean
  error: Error | null
  onConfirm: () => void
}

/** Asks before something that others would miss, or that cannot be undone. */
export function ConfirmDialog({ action, isBusy, error, onConfirm, children, ...dialog }: ConfirmProps) {
  const texts = useTexts()
  return (
    <Dialog {...dialog}>
      <div className="grid gap-4">
        {children}
        {error && <FailureNotice error={error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={dialog.onClose}>{texts.common.cancel}</Button>
          <Button kind="danger" isBusy={isBusy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
