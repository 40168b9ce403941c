import type { Json } from '@/shared/lib/json'

/** How a language writes JSON's values. */
interface Syntax {
  words: { null: string; true: string; false: string }
  key: (key: string) => string
  /** Around what stands within braces on one line. */
  bracePadding: string
  /** After the last item when each has a line of its own. */
  lastComma: string
}

const WIDTH = 88
const STEP = 2
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
/** Characters that a reader cannot see, or that turn the direction of what follows. */
const UNSEEN = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** A string as JSON, JavaScript and Python write it; their escapes are the same here. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const WORDS = { null: 'null', true: 'true', false: 'false' }
const JSON_SYNTAX: Syntax = { words: WORDS, key: quoted, bracePadding: '', lastComma: '' }
const PYTHON: Syntax = { words: { null: 'None', true: 'True', false: 'False' }, key: quoted, bracePadding: '', lastComma: ',' }
const JAVASCRIPT: Syntax = { words: WORDS, key: javascriptKey, bracePadding: ' ', lastComma: ',' }

function javascriptKey(key: string): string {
  // Written plainly, this one name would set the prototype.
  if (key === '__proto__') return '["__proto__"]'
  return IDENTIFIER.test(key) ? key : quoted(key)
}

/** The value as JSON, with `indent` spaces before every line but the first. */
export function jsonText(value: Json, indent = 0): string {
  return written(value, JSON_SYNTAX, indent, STEP)
}

export function pythonLiteral(value: Json, indent = 0): string {
  return written(value, PYTHON, indent, 2 * STEP)
}

export function javascriptLiteral(value: Json, indent = 0): string {
  return written(value, JAVASCRIPT, indent, STEP)
}

/** What holds little stands on one line, like a person would write it; the whole never does. */
function written(value: Json, syntax: Syntax, indent: number, step: number, isInner = false): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return JSON.stringify(value)
  if (value === null || typeof value === 'boolean') return syntax.words[`${value}`]
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const padding = Array.isArray(value) ? '' : syntax.bracePadding
  const items = (at: number) =>
    Array.isArray(value)
      ? value.map((item) => written(item, syntax, at, step, true))
      : Object.entries(value).map(([key, item]) => `${syntax.key(key)}: ${written(item, syntax, at, step, true)}`)
  const inner = items(indent + step)
  if (inner.length === 0) return open + close
  const line = open + padding + inner.join(', ') + padding + close
  if (isInner && !line.includes('\n') && indent + line.length <= WIDTH) return line
  const before = ' '.repeat(indent + step)
  return `${open}\n${inner.map((item) => before + item).join(',\n')}${syntax.lastComma}\n${' '.repeat(indent)}${close}`
}
