import { type Schema, Validator } from '@cfworker/json-schema'
import { currentTexts } from '@/texts'
import { META_SCHEMA } from './metaSchema'

export type Read<T> = { isValid: true; value: T } | { isValid: false; problem: string }

/** Read JSON text. */
export function parseJson(text: string): Read<unknown> {
  try {
    return { isValid: true, value: JSON.parse(text) }
  } catch (error) {
    return { isValid: false, problem: currentTexts().playground.notJson(error instanceof Error ? error.message : '') }
  }
}

/** Read JSON text that must be an object. */
export function parseObject(text: string): Read<Record<string, unknown>> {
  const read = parseJson(text)
  if (!read.isValid) return read
  const { value } = read
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? { isValid: true, value: value as Record<string, unknown> } : { isValid: false, problem: currentTexts().playground.notObject }
}

/** Read a JSON Schema: an object whose keywords have values that mean something. */
export function parseSchema(text: string): Read<Schema> {
  const read = parseObject(text)
  if (!read.isValid) return read
  const problem = problemWith(read.value, META_SCHEMA) ?? referenceProblem(read.value)
  return problem === null ? read : { isValid: false, problem: currentTexts().playground.notSchema(problem) }
}

/** Where and how a value breaks a schema, in one line; null when it follows it. The schema must be sound. */
export function problemWith(value: unknown, schema: Schema): string | null {
  const { valid, errors } = new Validator(schema, '2020-12').validate(value)
  if (valid) return null
  // The innermost place says most; what stands above it only says that something below is wrong.
  const deepest = errors.reduce((best, one) => (depth(one.instanceLocation) >= depth(best.instanceLocation) ? one : best))
  return `${deepest.instanceLocation}: ${deepest.error}`
}

function depth(location: string): number {
  return location.split('/').length
}

/** Whether a `$ref` leads nowhere, which only shows once something is checked by it. */
function referenceProblem(schema: Schema): string | null {
  const missing = references(schema).find((reference) => reference.startsWith('#/') && !leadsSomewhere(schema, reference))
  return missing === undefined ? null : `$ref ${missing}`
}

function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  const own = '$ref' in node && typeof node.$ref === 'string' ? [node.$ref] : []
  return [...own, ...Object.values(node).flatMap(references)]
}

function leadsSomewhere(schema: unknown, reference: string): boolean {
  const names = reference.slice(2).split('/').map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'))
  let node: unknown = schema
  for (const name of names) {
    if (typeof node !== 'object' || node === null || !(name in node)) return false
    node = (node as Record<string, unknown>)[name]
  }
  return true
}
