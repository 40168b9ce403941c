import { Button } from '@/shared/ui/Button'
import { KEY_VARIABLE } from '@/shared/samples/types'
import { CodeBlock, CopyButton } from '@/shared/ui/Copy'
import { Notice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import type { Kind } from './draft'

/** A key that was just made, and what to do with it. */
export function NewKey({ apiKey, kind, onClose }: { apiKey: string; kind: Kind; onClose: () => void }) {
  const texts = useTexts()
  return (
    <div className="grid gap-4">
      <Notice tone="warn">{texts.keys.shownOnce}</Notice>
      <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken p-2 pl-3">
        <code data-testid="new-key" className="min-w-0 flex-1 font-mono text-sm break-all">
          {apiKey}
        </code>
        <CopyButton text={apiKey} label={texts.keys.copyKey} />
      </div>
      <p className="text-muted">{kind === 'api' ? texts.keys.nextApi : texts.keys.nextManagement}</p>
      <CodeBlock label={texts.common.environment} code={`export ${KEY_VARIABLE}='${apiKey}'`} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button kind="primary" onClick={onClose}>
          {texts.keys.done}
        </Button>
      </div>
    </div>
  )
}
