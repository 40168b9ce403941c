import { CodeBlock } from '@/shared/ui/Copy'
import { Tabs } from '@/shared/ui/Tabs'
import { useTexts } from '@/texts'
import { languageName } from './languages'
import { nameOf, type Sample } from './samples'

/** The same sample in several languages. */
export function SampleTabs({ samples }: { samples: Sample[] }) {
  const texts = useTexts()
  const tabs = samples.map((sample) => {
    const label = sample.note === 'openai' ? texts.markdown.withSdk(languageName(sample.language)) : languageName(sample.language)
    return { id: nameOf(sample), label, content: <CodeBlock code={sample.code} label={label} language={sample.language} /> }
  })
  return <Tabs label={texts.markdown.samples} tabs={tabs} />
}
