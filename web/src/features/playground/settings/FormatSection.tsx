import { Checkbox, SelectField, TextField } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { isName } from '../state/problems'
import type { FormatDraft, FormatKind } from '../state/settings'
import { SchemaField } from './SchemaField'
import { Section } from './Section'

const KINDS: FormatKind[] = ['text', 'json_object', 'json_schema']
const FIRST_SCHEMA = JSON.stringify({ type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'], additionalProperties: false }, null, 2)

interface FormatSectionProps {
  format: FormatDraft
  onChange: (format: FormatDraft) => void
}

/** The form that the answer must have. */
export function FormatSection({ format, onChange }: FormatSectionProps) {
  const texts = useTexts().playground
  const choose = (kind: FormatKind) => onChange({ ...format, kind, schema: kind === 'json_schema' && !format.schema ? FIRST_SCHEMA : format.schema })
  return (
    <Section title={texts.format}>
      <SelectField label={texts.format} isLabelHidden hint={format.kind === 'text' ? undefined : texts.formatHint} value={format.kind} onChange={(event) => choose(event.target.value as FormatKind)}>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {texts.formats[kind]}
          </option>
        ))}
      </SelectField>
      {format.kind === 'json_schema' && (
        <>
          <TextField label={texts.schemaName} value={format.name} error={isName(format.name) ? null : texts.toolNameHint} onChange={(event) => onChange({ ...format, name: event.target.value })} />
          <SchemaField label={texts.schema} value={format.schema} onChange={(schema) => onChange({ ...format, schema })} />
          <Checkbox label={texts.isStrict} hint={texts.isStrictHint} checked={format.isStrict} onChange={(event) => onChange({ ...format, isStrict: event.target.checked })} />
        </>
      )}
    </Section>
  )
}
