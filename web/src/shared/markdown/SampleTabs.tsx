import { CodeBlock } from '@/shared/ui/Copy'
import { Tabs } from '@/shared/ui/Tabs'
import { useTexts } from '@/texts'
import { sampleName } from './languages'
import type { Sample } from './samples'

/** The same sample in several languages. */
export function SampleTabs({ samples }: { samples: Sample[] }) {
  const texts = useTexts()
  const tabs = samples.map((sample, index) => {
    const label = sampleName(sample, texts.markdown)
    return { id: String(index), label, content: <CodeBlock code={sample.code} label={label} language={sample.language} /> }
  })
  return <Tabs label={texts.markdown.samples} tabs={tabs} />
}
