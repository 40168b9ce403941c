import { useMemo } from 'react'
import { Dialog } from '@/shared/ui/Dialog'
import { hasImages, withoutImageData } from './imageData'
import { CodeSamples } from '@/shared/samples/CodeSamples'
import { codeSamples } from '@/shared/samples/codeSamples'
import type { Json } from '@/shared/lib/json'
import { useTexts } from '@/texts'
import type { Lane } from '../state/playground'
import { useSignal } from '../state/signal'
import { useRunner } from '../view/context'

interface CodeDialogProps {
  isOpen: boolean
  onClose: () => void
}

/** The present call in several languages; of two lanes one under the other. */
export function CodeDialog({ isOpen, onClose }: CodeDialogProps) {
  const texts = useTexts().playground
  const { lanes } = useSignal(useRunner().playground)
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={texts.code} place="side">
      <p className="text-sm text-muted">{texts.codeLead}</p>
      {lanes.map((lane) => (
        <section key={lane.id} className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2">
          {lanes.length > 1 && <h3 className="font-semibold">{texts.lane(lane.id.toUpperCase())}</h3>}
          <Code lane={lane} />
        </section>
      ))}
    </Dialog>
  )
}

function Code({ lane }: { lane: Lane }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const body = useMemo(() => runner.nextBody(lane), [runner, lane])
  const samples = useMemo(() => body && codeSamples({ address: location.origin, body: withoutImageData(body) as Record<string, Json>, isStream: lane.settings.isStreaming }), [body, lane])
  if (!samples) return <p className="text-muted">{texts.codeNoMessage}</p>
  return (
    <>
      {hasImages(body) && <p className="text-sm text-muted">{texts.codeImages}</p>}
      <CodeSamples samples={samples} />
    </>
  )
}
