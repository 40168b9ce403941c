import type { Schema } from '@cfworker/json-schema'
import { useState } from 'react'
import { CONTROL } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { parseJson, problemWith } from './jsonText'
import type { ControlWiring } from './ParameterField'

interface JsonControlProps {
  schema: Schema
  value: unknown
  onChange: (value: unknown) => void
  wiring: ControlWiring
}

/** A value of any shape, as JSON text that is checked while it is typed; only what is sound is taken over. */
export function JsonControl({ schema, value, onChange, wiring }: JsonControlProps) {
  const texts = useTexts().playground
  const [draft, setDraft] = useState('')
  const read = draft.trim() ? parseJson(draft) : null
  const problem = read && (read.isValid ? problemWith(read.value, schema) : read.problem)
  // Reset and presets change the value from outside; a draft that is not sound yet is kept while nothing is set.
  const isOwn = read?.isValid ? JSON.stringify(read.value) === JSON.stringify(value) : false
  const shown = value === undefined || isOwn ? draft : JSON.stringify(value, null, 2)
  return (
    <>
      <textarea
        {...wiring}
        rows={2}
        spellCheck={false}
        aria-invalid={problem !== null || undefined}
        className={`${CONTROL} field-sizing-content max-h-56 py-2 font-mono text-sm`}
        value={shown}
        onChange={(event) => {
          const text = event.target.value
          setDraft(text)
          const next = parseJson(text)
          onChange(next.isValid && problemWith(next.value, schema) === null ? next.value : undefined)
        }}
      />
      {read && <p className={`text-xs ${problem === null ? 'text-good' : 'text-bad'}`}>{problem ?? texts.isJson}</p>}
    </>
  )
}
