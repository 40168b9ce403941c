import { RotateCcw } from 'lucide-react'
import { useId } from 'react'
import { IconButton } from '@/shared/ui/Button'
import { CONTROL } from '@/shared/ui/Field'
import { ServersProse } from '@/shared/ui/Prose'
import { useTexts } from '@/texts'
import { JsonControl } from './JsonControl'
import { NumberControl } from './NumberControl'
import type { Parameter } from './parameters'
import { useRangeText } from './useRangeText'

interface ParameterFieldProps {
  parameter: Parameter
  /** Undefined while the parameter is not changed. */
  value: unknown
  /** The tools that `tool_choice` may name. */
  toolNames: string[]
  onChange: (value: unknown) => void
}

/** What a control needs to be wired to its label and to what is told of it. */
export interface ControlWiring {
  id: string
  'aria-describedby': string
}

/** One parameter: its name, its control, what it means, and the way back to the model's own value. */
export function ParameterField({ parameter, value, toolNames, onChange }: ParameterFieldProps) {
  const texts = useTexts().playground
  const id = useId()
  const range = useRangeText(parameter)
  const isChanged = value !== undefined
  const wiring: ControlWiring = { id, 'aria-describedby': `${id}-note` }
  const byDefault = parameter.default === undefined ? texts.byModel : texts.byDefault(shortOf(parameter.default))
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1.5">
      <div className="flex min-h-8 items-center gap-2">
        <label htmlFor={id} className="min-w-0 truncate font-mono text-sm">
          {parameter.name}
        </label>
        {isChanged && <span aria-hidden className="size-1.5 shrink-0 rounded-full bg-accent" />}
        {isChanged && (
          <IconButton label={texts.reset(parameter.name)} className="ml-auto size-8 text-muted" onClick={() => onChange(undefined)}>
            <RotateCcw aria-hidden className="size-4" />
          </IconButton>
        )}
      </div>
      <Control parameter={parameter} value={value} toolNames={toolNames} onChange={onChange} wiring={wiring} />
      <p id={wiring['aria-describedby']} className="text-xs text-muted">
        <ServersProse text={parameter.description} /> {[byDefault, range].filter(Boolean).join(' · ')}
      </p>
    </div>
  )
}

function Control({ parameter, value, toolNames, onChange, wiring }: ParameterFieldProps & { wiring: ControlWiring }) {
  const texts = useTexts().playground
  switch (parameter.kind) {
    case 'number':
      return <NumberControl parameter={parameter} value={typeof value === 'number' ? value : undefined} onChange={onChange} wiring={wiring} />
    case 'boolean':
      return (
        <Select wiring={wiring} value={typeof value === 'boolean' ? String(value) : ''} onChange={(chosen) => onChange(chosen === '' ? undefined : chosen === 'true')}>
          <option value="true">{texts.on}</option>
          <option value="false">{texts.off}</option>
        </Select>
      )
    case 'choice':
      return (
        <Select wiring={wiring} value={typeof value === 'string' ? value : ''} onChange={(chosen) => onChange(chosen || undefined)}>
          {parameter.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </Select>
      )
    case 'toolChoice':
      return <ToolChoice options={parameter.options} toolNames={toolNames} value={value} onChange={onChange} wiring={wiring} />
    case 'text':
      return <input {...wiring} className={`${CONTROL} h-10`} value={typeof value === 'string' ? value : ''} onChange={(event) => onChange(event.target.value || undefined)} />
    case 'texts':
      return <Texts wiring={wiring} maximum={parameter.maximum} value={value} onChange={onChange} />
    case 'json':
      return <JsonControl schema={parameter.schema} value={value} onChange={onChange} wiring={wiring} />
  }
}

interface SelectProps {
  wiring: ControlWiring
  value: string
  onChange: (value: string) => void
  children: React.ReactNode
}

function Select({ wiring, value, onChange, children }: SelectProps) {
  return (
    <select {...wiring} className={`${CONTROL} h-10`} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">–</option>
      {children}
    </select>
  )
}

const NAMED = 'function:'

function ToolChoice({ options, toolNames, value, onChange, wiring }: Omit<ParameterFieldProps, 'parameter'> & { options: string[]; wiring: ControlWiring }) {
  const texts = useTexts().playground
  const named = typeof value === 'object' && value !== null ? (value as { function?: { name?: string } }).function?.name : undefined
  const shown = named === undefined ? (typeof value === 'string' ? value : '') : `${NAMED}${named}`
  const known = texts.toolChoice as Record<string, unknown>
  const choose = (chosen: string) =>
    onChange(chosen.startsWith(NAMED) ? { type: 'function', function: { name: chosen.slice(NAMED.length) } } : chosen || undefined)
  return (
    <Select wiring={wiring} value={shown} onChange={choose}>
      {options.map((option) => (
        <option key={option} value={option}>
          {typeof known[option] === 'string' ? known[option] : option}
        </option>
      ))}
      {toolNames.map((name) => (
        <option key={name} value={`${NAMED}${name}`}>
          {texts.toolChoice.named(name)}
        </option>
      ))}
    </Select>
  )
}

/** Several texts, one a line. */
function Texts({ wiring, maximum, value, onChange }: { wiring: ControlWiring; maximum: number | null; value: unknown; onChange: (value: unknown) => void }) {
  const texts = useTexts().playground
  const lines = Array.isArray(value) ? value.join('\n') : typeof value === 'string' ? value : ''
  const isTooMany = maximum !== null && lines.split('\n').length > maximum
  return (
    <textarea
      {...wiring}
      rows={2}
      placeholder={maximum === null ? undefined : texts.textsHint(String(maximum))}
      aria-invalid={isTooMany || undefined}
      className={`${CONTROL} py-2 font-mono text-sm`}
      value={lines}
      onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value.split('\n'))}
    />
  )
}

function shortOf(value: unknown): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  return typeof type === 'string' ? type : JSON.stringify(value)
}
