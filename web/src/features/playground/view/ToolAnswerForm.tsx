import clsx from 'clsx'
import { type SyntheticEvent, useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { CONTROL, Field } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { parseJson, parseSchema, problemWith } from '../settings/jsonText'
import type { ToolCall } from '../state/conversation'
import type { LaneId } from '../state/playground'
import type { ToolDraft } from '../state/settings'
import { useRunner } from './context'

interface ToolAnswerFormProps {
  lane: LaneId
  calls: ToolCall[]
  tools: ToolDraft[]
}

/** Where a person plays the tools that the model has called: an answer for each call, and then the model goes on. */
export function ToolAnswerForm({ lane, calls, tools }: ToolAnswerFormProps) {
  const texts = useTexts().playground
  const runner = useRunner()
  const [answers, setAnswers] = useState<Record<string, string>>({})
  const send = (event: SyntheticEvent) => {
    event.preventDefault()
    runner.continueWith(
      lane,
      calls.map((call) => ({ callId: call.id, content: answers[call.id] ?? '' })),
    )
  }
  return (
    <form onSubmit={send} className="grid gap-3 rounded-xl border border-accent bg-surface p-4">
      {calls.map((call) => (
        <Field key={call.id} label={texts.toolAnswer(call.name)} hint={<Arguments call={call} tools={tools} />}>
          {(wiring) => (
            <textarea
              {...wiring}
              required
              rows={2}
              placeholder={texts.toolAnswerHint}
              value={answers[call.id] ?? ''}
              onChange={(event) => setAnswers({ ...answers, [call.id]: event.target.value })}
              className={clsx(CONTROL, 'field-sizing-content max-h-56 py-2 font-mono text-sm')}
            />
          )}
        </Field>
      ))}
      <div>
        <Button type="submit" kind="primary" size="small">
          {texts.sendToolAnswers}
        </Button>
      </div>
    </form>
  )
}

/** Whether the arguments of the call are what the tool's schema asks for. */
function Arguments({ call, tools }: { call: ToolCall; tools: ToolDraft[] }) {
  const texts = useTexts().playground
  const tool = tools.find((one) => one.name === call.name)
  if (!tool) return <span className="text-warn">{texts.noSuchTool}</span>
  const schema = parseSchema(tool.parameters)
  const given = parseJson(call.arguments)
  const problem = given.isValid ? (schema.isValid ? problemWith(given.value, schema.value) : null) : given.problem
  return problem === null ? <span className="text-good">{texts.argumentsFollow}</span> : <span className="text-warn">{texts.argumentsBreak(problem)}</span>
}
