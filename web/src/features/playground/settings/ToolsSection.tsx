import { ChevronRight, Plus, Trash2 } from 'lucide-react'
import { Button, IconButton } from '@/shared/ui/Button'
import { TextArea, TextField } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { newId } from '../state/newId'
import { isName, isNameTaken, isToolSound } from '../state/problems'
import type { ToolDraft } from '../state/settings'
import { SchemaField } from './SchemaField'
import { Section } from './Section'

const FIRST_SCHEMA = JSON.stringify({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }, null, 2)

interface ToolsSectionProps {
  tools: ToolDraft[]
  onChange: (tools: ToolDraft[]) => void
}

/** The functions that the model may call. */
export function ToolsSection({ tools, onChange }: ToolsSectionProps) {
  const texts = useTexts().playground
  const add = () => onChange([...tools, { id: newId(), name: tools.length === 0 ? 'get_weather' : '', description: '', parameters: FIRST_SCHEMA }])
  return (
    <Section
      title={texts.tools}
      lead={texts.toolsLead}
      action={
        <Button size="small" onClick={add}>
          <Plus aria-hidden className="size-4" />
          {texts.addTool}
        </Button>
      }
    >
      {tools.map((tool) => (
        <ToolForm
          key={tool.id}
          tool={tool}
          tools={tools}
          onChange={(change) => onChange(tools.map((one) => (one.id === tool.id ? { ...one, ...change } : one)))}
          onRemove={() => onChange(tools.filter((one) => one.id !== tool.id))}
        />
      ))}
    </Section>
  )
}

interface ToolFormProps {
  tool: ToolDraft
  tools: ToolDraft[]
  onChange: (change: Partial<ToolDraft>) => void
  onRemove: () => void
}

function ToolForm({ tool, tools, onChange, onRemove }: ToolFormProps) {
  const texts = useTexts().playground
  const isSound = isToolSound(tool, tools)
  const shown = tool.name || texts.unnamedTool
  const error = isName(tool.name) ? (isNameTaken(tool, tools) ? texts.toolNameTaken : null) : texts.toolNameHint
  return (
    <div className="flex items-start gap-1">
      <details open className="group min-w-0 flex-1 rounded-lg border border-line">
        <summary className="flex min-h-10 list-none items-center gap-2 rounded-lg px-3 font-mono text-sm -outline-offset-2 hover:bg-sunken">
          <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-open:rotate-90" />
          <span className="truncate">{shown}</span>
          {!isSound && <span className="ml-auto font-sans text-xs text-bad">{texts.toMend}</span>}
        </summary>
        <div className="grid gap-3 border-t border-line p-3">
          <TextField label={texts.toolName} value={tool.name} error={error} hint={texts.toolNameHint} onChange={(event) => onChange({ name: event.target.value })} />
          <TextArea label={texts.toolDescription} isOptional rows={2} hint={texts.toolDescriptionHint} value={tool.description} onChange={(event) => onChange({ description: event.target.value })} />
          <SchemaField label={texts.toolParameters} value={tool.parameters} onChange={(parameters) => onChange({ parameters })} />
        </div>
      </details>
      <IconButton label={texts.removeTool(shown)} className="text-muted" onClick={onRemove}>
        <Trash2 aria-hidden className="size-4" />
      </IconButton>
    </div>
  )
}
