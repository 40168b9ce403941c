import { CodeBlock } from '@/shared/ui/Copy'
import { Tabs } from '@/shared/ui/Tabs'
import { useTexts } from '@/texts'
import { chooseSample, useChosenSample } from './chosenSample'
import type { CodeSample } from './types'

/** One call in several languages, a tab each; the language that a reader chooses is kept for all calls. */
export function CodeSamples({ samples }: { samples: CodeSample[] }) {
  const texts = useTexts()
  const chosen = useChosenSample()
  const open = samples.find((sample) => sample.id === chosen) ?? samples[0]
  return (
    <Tabs
      label={texts.samples.label}
      open={open?.id ?? ''}
      onOpen={chooseSample}
      tabs={samples.map((sample) => ({ id: sample.id, label: sample.label, content: <OneSample sample={sample} /> }))}
    />
  )
}

function OneSample({ sample }: { sample: CodeSample }) {
  const texts = useTexts()
  return (
    <div className="grid min-w-0 gap-2" data-sample={sample.id}>
      <CodeBlock code={sample.code} label={sample.label} />
      <p className="text-sm text-muted">
        {texts.samples.run}{' '}
        {sample.commands.map((command, index) => (
          <span key={command}>
            {index > 0 && ' · '}
            <code className="font-mono text-[0.8125rem] text-ink">{command}</code>
          </span>
        ))}
      </p>
    </div>
  )
}
