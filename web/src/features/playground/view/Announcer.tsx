import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'
import { useSignal } from '../state/signal'
import { useRunner } from './context'

/** Tells screen readers when an answer begins and how it ends; nothing of what lies between, which would never stop. */
export function Announcer() {
  const texts = useTexts().playground
  const format = useFormats()
  const happening = useSignal(useRunner().happening)
  return (
    <p role="status" className="sr-only">
      {happening && said()}
    </p>
  )

  function said(): string {
    if (!happening) return ''
    const { outcome } = happening
    const { counts, bill, failure } = outcome
    switch (outcome.state) {
      case 'running':
        return texts.began(outcome.model)
      case 'stopped':
        return texts.endedStopped(outcome.model)
      case 'failed':
        return texts.endedFailed(outcome.model, failure?.message ?? '')
      case 'done':
        return texts.ended(outcome.model, format.number(counts.thinking + counts.answer), format.number(bill?.total ?? 0))
    }
  }
}
