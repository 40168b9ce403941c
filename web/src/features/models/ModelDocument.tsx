import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CodeSamples } from '@/shared/samples/CodeSamples'
import { codeSamples } from '@/shared/samples/codeSamples'
import { SchemaView } from '@/shared/schema/SchemaView'
import type { ApiDocument } from '@/shared/schema/types'
import { CodeBlock } from '@/shared/ui/Copy'
import { Loaded } from '@/shared/ui/Loaded'
import { Card, Skeleton } from '@/shared/ui/Page'
import { Segmented } from '@/shared/ui/Segmented'
import { useTexts } from '@/texts'
import { CHAT_PATH, type CallDocument, callDocument, type Form } from './document'
import { KeyChoice } from './KeyChoice'
import type { Model } from './model'
import { documentQuery } from './queries'

/** Where the code stands on the page, for links to it. */
export const CODE_ID = 'code'

/** What comes out of the model's own API document: code, an answer, and the schema of the call. */
export function ModelDocument({ model }: { model: Model }) {
  const document = useQuery(documentQuery(model.id))
  return (
    <Loaded query={document} waiting={<Skeleton className="h-[60rem]" />}>
      {(api) => {
        const call = callDocument(api)
        return call && <Call call={call} api={api} />
      }}
    </Loaded>
  )
}

function Call({ call, api }: { call: CallDocument; api: ApiDocument }) {
  const texts = useTexts().models
  const [form, setForm] = useState<Form>('whole')
  const [comment, setComment] = useState<string>()
  const { body, answer } = call.examples[form]
  return (
    <>
      <div id={CODE_ID} className="grid min-w-0 scroll-mt-16">
        <Card
          title={texts.code}
          actions={
            <Segmented
              label={texts.form}
              chosen={form}
              options={[
                { id: 'whole', label: texts.forms.whole },
                { id: 'stream', label: texts.forms.stream },
              ]}
              onChoose={setForm}
            />
          }
        >
          <KeyChoice onChoose={setComment} />
          <CodeSamples samples={codeSamples({ address: location.origin, body, isStream: form === 'stream', comment })} />
        </Card>
      </div>
      <Card title={texts.response}>
        <CodeBlock code={answer} label={form === 'whole' ? 'application/json' : 'text/event-stream'} />
      </Card>
      <Card title={texts.schema}>
        <p className="font-mono text-sm break-all">
          <span className="font-semibold text-accent">POST</span> {CHAT_PATH}
        </p>
        <h3 className="font-medium">{texts.request}</h3>
        <SchemaView schema={call.request} document={api} />
        {call.response && (
          <>
            <h3 className="mt-2 font-medium">{texts.answer}</h3>
            <SchemaView schema={call.response} document={api} />
          </>
        )}
      </Card>
    </>
  )
}
