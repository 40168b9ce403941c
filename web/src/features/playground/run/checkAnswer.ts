import type { Schema } from '@cfworker/json-schema'
import { parseJson, parseObject, problemWith } from '../settings/jsonText'

interface Check {
  /** What the answer lacks; null when it has the form. */
  problem: string | null
  hasSchema: boolean
}

/** Whether an answer has the form that the request asked for (its `response_format`); null where it asked for none. */
export function checkAnswer(content: string, responseFormat: unknown): Check | null {
  const format = responseFormat as { type?: string; json_schema?: { schema?: Schema } } | null
  if (format?.type === 'json_object') {
    const read = parseObject(content)
    return { problem: read.isValid ? null : read.problem, hasSchema: false }
  }
  if (format?.type !== 'json_schema') return null
  const read = parseJson(content)
  if (!read.isValid) return { problem: read.problem, hasSchema: true }
  return { problem: problemWith(read.value, format.json_schema?.schema ?? {}), hasSchema: true }
}
