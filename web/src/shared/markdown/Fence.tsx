import { CodeBlock } from '@/shared/ui/Copy'
import { useTexts } from '@/texts'
import { languageName, sampleName } from './languages'
import { sampleOf } from './samples'

/** A code block under the name of its language; in documents, of what it shows. */
export function Fence({ info, content, isDocument }: { info: string; content: string; isDocument: boolean }) {
  const texts = useTexts()
  const sample = sampleOf(info, content)
  const label = isDocument ? sampleName(sample, texts.markdown) : languageName(sample.language)
  return <CodeBlock code={sample.code} label={label} language={sample.language} />
}
