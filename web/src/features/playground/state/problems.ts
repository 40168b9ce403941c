import { parseSchema } from '../settings/jsonText'
import type { Settings, ToolDraft } from './settings'

const NAME = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a function or a schema may be called so. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

export function isToolSound(tool: ToolDraft, others: ToolDraft[]): boolean {
  return isName(tool.name) && !isNameTaken(tool, others) && parseSchema(tool.parameters).isValid
}

export function isNameTaken(tool: ToolDraft, others: ToolDraft[]): boolean {
  return others.some((other) => other.id !== tool.id && other.name === tool.name)
}

/** Which part of the settings has to be mended before anything can be sent. */
export function problemOf(settings: Settings): 'model' | 'tools' | 'format' | null {
  if (!settings.model) return 'model'
  if (settings.tools.some((tool) => !isToolSound(tool, settings.tools))) return 'tools'
  const { format } = settings
  if (format.kind === 'json_schema' && !(isName(format.name) && parseSchema(format.schema).isValid)) return 'format'
  return null
}
