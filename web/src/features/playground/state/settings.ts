/** A function that the model may call, as it is being written; `parameters` is JSON Schema as text. */
export interface ToolDraft {
  id: string
  name: string
  description: string
  parameters: string
}

export type FormatKind = 'text' | 'json_object' | 'json_schema'

/** The form that the answer must have; `schema` is JSON Schema as text. */
export interface FormatDraft {
  kind: FormatKind
  name: string
  schema: string
  isStrict: boolean
}

export interface Settings {
  /** Id of the model; empty until one is chosen. */
  model: string
  system: string
  isStreaming: boolean
  /** The values that differ from the model's own, by name; only these are sent. */
  parameters: Record<string, unknown>
  tools: ToolDraft[]
  format: FormatDraft
}

export const NO_FORMAT: FormatDraft = { kind: 'text', name: 'answer', schema: '', isStrict: true }

export const NO_SETTINGS: Settings = { model: '', system: '', isStreaming: true, parameters: {}, tools: [], format: NO_FORMAT }

/** Parameters that mean nothing, and are refused, where there are no tools. */
export const TOOL_PARAMETERS: ReadonlySet<string> = new Set(['tool_choice', 'parallel_tool_calls'])
