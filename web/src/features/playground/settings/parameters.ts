import type { Schema } from '@cfworker/json-schema'

interface Named {
  name: string
  description: string
  /** What holds where the field is left out; undefined where the model decides. */
  default: unknown
}

export interface NumberParameter extends Named {
  kind: 'number'
  isInteger: boolean
  minimum: number | null
  maximum: number | null
  /** Whether the smallest value itself is refused. */
  isMinimumExclusive: boolean
  /** Larger values are taken and count as this one. */
  clampedTo: number | null
}

/** One field of the request, as the form shows it. */
export type Parameter =
  | NumberParameter
  | (Named & { kind: 'boolean' })
  | (Named & { kind: 'choice'; options: string[] })
  | (Named & { kind: 'text' })
  | (Named & { kind: 'texts'; maximum: number | null })
  | (Named & { kind: 'toolChoice'; options: string[] })
  | (Named & { kind: 'json'; schema: Schema })

/** What the document of one model says about a request. */
export interface ModelForm {
  /** The parameters that the form shows, in the document's order. */
  parameters: Parameter[]
  /** The names of all fields that the model takes. */
  taken: ReadonlySet<string>
  /** Who may speak. */
  roles: string[]
  /** Whether the model's answer can be given a form. */
  hasFormat: boolean
  hasTools: boolean
}

interface Document {
  components: { schemas: Record<string, Schema> }
}

/** Fields that have a place of their own on the page. */
const ELSEWHERE: ReadonlySet<string> = new Set(['model', 'messages', 'stream', 'stream_options', 'tools', 'response_format'])

/** Read what a model takes from its OpenAPI document, as `/docs-json` answers it. */
export function formOf(document: Document): ModelForm {
  const { schemas } = document.components
  const fields = schemas.ChatRequest?.properties ?? {}
  const parameters = Object.entries(fields).flatMap(([name, field]) => (ELSEWHERE.has(name) || typeof field === 'boolean' ? [] : [parameterOf(name, field, schemas)]))
  return {
    parameters,
    taken: new Set(Object.keys(fields)),
    roles: rolesOf(fields.messages),
    hasFormat: 'response_format' in fields,
    hasTools: 'tools' in fields,
  }
}

function parameterOf(name: string, field: Schema, schemas: Record<string, Schema>): Parameter {
  const { description, default: byDefault } = field as Record<string, unknown>
  const named = { name, description: typeof description === 'string' ? description : '', default: byDefault }
  const choices = choicesOf(field)
  const enumerated = choices.find((choice) => choice.enum)
  if (name === 'tool_choice') return { ...named, kind: 'toolChoice', options: textsOf(enumerated) }
  if (choices.every((choice) => choice.type === 'number' || choice.type === 'integer')) return { ...named, kind: 'number', ...rangeOf(field, choices) }
  const [only] = choices
  if (choices.length === 1 && only) {
    if (only.type === 'boolean') return { ...named, kind: 'boolean' }
    if (only.enum) return { ...named, kind: 'choice', options: textsOf(only) }
    if (only.type === 'string') return { ...named, kind: 'text' }
  }
  const list = choices.find((choice) => choice.type === 'array' && typeof choice.items === 'object' && !Array.isArray(choice.items) && choice.items.type === 'string')
  if (list) return { ...named, kind: 'texts', maximum: list.maxItems ?? null }
  // What refers to other schemas finds them where the document has them.
  return { ...named, kind: 'json', schema: { ...field, components: { schemas } } }
}

/** The alternatives of a field; that it may be null is no alternative, for leaving it out says the same. */
function choicesOf(field: Schema): Schema[] {
  return (field.anyOf ?? [field]).filter((choice) => choice.type !== 'null')
}

function rangeOf(field: Schema, choices: Schema[]): Omit<NumberParameter, keyof Named | 'kind'> {
  const [first = {}] = choices
  const exclusive = typeof first.exclusiveMinimum === 'number' ? first.exclusiveMinimum : null
  const clampedTo: unknown = field['x-clamped-to']
  return {
    isInteger: choices.some((choice) => choice.type === 'integer'),
    minimum: first.minimum ?? exclusive,
    maximum: first.maximum ?? null,
    isMinimumExclusive: first.minimum === undefined && exclusive !== null,
    clampedTo: typeof clampedTo === 'number' ? clampedTo : null,
  }
}

function textsOf(choice: Schema | undefined): string[] {
  return (choice?.enum ?? []).filter((one): one is string => typeof one === 'string')
}

function rolesOf(messages: Schema | boolean | undefined): string[] {
  const items = typeof messages === 'object' ? messages.items : undefined
  const discriminator = typeof items === 'object' && !Array.isArray(items) ? (items.discriminator as { mapping?: Record<string, string> } | undefined) : undefined
  return Object.keys(discriminator?.mapping ?? {})
}

/** Whether a number is one that the server takes. */
export function isInRange(parameter: NumberParameter, value: number): boolean {
  const { minimum, maximum, isInteger, isMinimumExclusive } = parameter
  if (!Number.isFinite(value) || (isInteger && !Number.isInteger(value))) return false
  if (minimum !== null && (value < minimum || (isMinimumExclusive && value === minimum))) return false
  return maximum === null || value <= maximum
}
