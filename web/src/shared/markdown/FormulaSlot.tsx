import { lazy, Suspense } from 'react'

export interface FormulaProps {
  source: string
  isDisplay: boolean
}

const Formula = lazy(async () => ({ default: (await import('./Formula')).Formula }))

/** A formula. What typesets it is loaded with the first one, and shows the source until then. */
export function FormulaSlot({ source, isDisplay, isOpen = false }: FormulaProps & { isOpen?: boolean }) {
  const plain = <code>{source}</code>
  const shown = isOpen ? plain : <Suspense fallback={plain}>{<Formula source={source} isDisplay={isDisplay} />}</Suspense>
  if (!isDisplay) return shown
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls has to be reached by keyboard
    <span className="formula" tabIndex={0}>
      {shown}
    </span>
  )
}
