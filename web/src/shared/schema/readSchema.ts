import type { Json } from '@/shared/lib/json'
import type { Texts } from '@/texts'
import type { ApiDocument, JsonSchema } from './types'

/** What stands within a value: a property, or one of the forms that the value may have. */
export interface Part {
  name: string
  /** A form is chosen among others; a property stands beside them. */
  isForm: boolean
  isRequired: boolean
  schema: JsonSchema
}

export type FactName = 'range' | 'characters' | 'items' | 'format' | 'pattern' | 'values' | 'default'

export interface Fact {
  name: FactName
  values: string[]
}

const REFERENCE = '#/components/schemas/'

/** The schema itself where it is referred to, and one where it is made of several. */
export function resolved(schema: JsonSchema, document: ApiDocument): JsonSchema {
  const { $ref, allOf, ...own } = schema
  const others = [...($ref ? [referred($ref, document)] : []), ...(allOf ?? [])]
  return others.reduce((joined, other) => merged(resolved(other, document), joined), own)
}

function referred(reference: string, document: ApiDocument): JsonSchema {
  return document.components?.schemas?.[reference.replace(REFERENCE, '')] ?? {}
}

/** Two schemas that a value has to follow both; what the second says wins. */
function merged(first: JsonSchema, second: JsonSchema): JsonSchema {
  const properties = { ...first.properties }
  for (const [name, property] of Object.entries(second.properties ?? {})) properties[name] = { ...properties[name], ...property }
  return {
    ...first,
    ...second,
    ...(first.properties || second.properties ? { properties } : {}),
    ...(first.required || second.required ? { required: [...new Set([...(first.required ?? []), ...(second.required ?? [])])] } : {}),
  }
}

/** The forms that a value may have, each resolved; one form where there is no choice. Null is no form of its own. */
function forms(schema: JsonSchema, document: ApiDocument): JsonSchema[] {
  const whole = resolved(schema, document)
  const choice = whole.anyOf ?? whole.oneOf
  if (!choice) return [whole]
  return choice.flatMap((one) => forms(one, document)).filter((one) => one.type !== 'null')
}

export function isNullable(schema: JsonSchema, document: ApiDocument): boolean {
  const whole = resolved(schema, document)
  if (Array.isArray(whole.type) ? whole.type.includes('null') : whole.type === 'null') return true
  return (whole.anyOf ?? whole.oneOf ?? []).some((one) => isNullable(one, document))
}

export type KindWords = Pick<Texts['schema'], 'arrayOf' | 'or' | 'any'>

/** What kind of value it is, such as `string or array of string`. */
export function kindText(schema: JsonSchema, document: ApiDocument, words: KindWords): string {
  const kinds = new Set(forms(schema, document).map((form) => kindOfForm(form, document, words)))
  // A whole number is a number too.
  if (kinds.has('number')) kinds.delete('integer')
  return [...kinds].join(` ${words.or} `)
}

function kindOfForm(form: JsonSchema, document: ApiDocument, words: KindWords): string {
  const types = (Array.isArray(form.type) ? form.type : form.type ? [form.type] : []).filter((type) => type !== 'null')
  if (types[0] === 'array' && form.items) return words.arrayOf(kindText(form.items, document, words))
  if (types.length > 0) return types.join(` ${words.or} `)
  const values = form.enum ?? (form.const === undefined ? [] : [form.const])
  if (values.length > 0) return [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))].join(` ${words.or} `)
  return form.properties ? 'object' : words.any
}

/** What the value has to be beside its kind, of all of its forms together. */
export function facts(schema: JsonSchema, document: ApiDocument): Fact[] {
  const whole = resolved(schema, document)
  const found = new Map<FactName, Set<string>>()
  const add = (name: FactName, value: string | null) => {
    if (value !== null) found.set(name, (found.get(name) ?? new Set()).add(value))
  }
  for (const form of forms(schema, document)) {
    add('range', range(form.minimum, form.maximum) ?? openRange(form))
    add('characters', range(form.minLength, form.maxLength))
    add('items', range(form.minItems, form.maxItems))
    add('format', form.format ?? null)
    add('pattern', form.pattern ?? null)
    const inner = form.type === 'array' && form.items ? resolved(form.items, document) : form
    for (const value of inner.enum ?? (inner.const === undefined ? [] : [inner.const])) add('values', JSON.stringify(value))
  }
  if (whole.default !== undefined) add('default', JSON.stringify(whole.default))
  return [...found].map(([name, values]) => ({ name, values: [...values] }))
}

function range(low: number | undefined, high: number | undefined): string | null {
  if (low !== undefined && high !== undefined) return low === high ? String(low) : `${low} – ${high}`
  if (low !== undefined) return `≥ ${low}`
  return high === undefined ? null : `≤ ${high}`
}

function openRange(form: JsonSchema): string | null {
  const limits = [
    ...(form.exclusiveMinimum === undefined ? [] : [`> ${form.exclusiveMinimum}`]),
    ...(form.exclusiveMaximum === undefined ? [] : [`< ${form.exclusiveMaximum}`]),
  ]
  return limits.length > 0 ? limits.join(', ') : null
}

/** What stands within the value, if anything: of an array, what stands within its items. */
export function parts(schema: JsonSchema, document: ApiDocument): Part[] {
  const inner = forms(schema, document).flatMap((form) => itemForms(form, document))
  const open = inner.filter((form) => form.properties ?? isSchema(form.additionalProperties))
  const [only] = open
  if (!only) return []
  if (open.length === 1) return propertiesOf(only)
  const tag = discriminator(schema, document)
  return open.map((form) => ({ name: formName(form, tag, document), isForm: true, isRequired: false, schema: form }))
}

function itemForms(form: JsonSchema, document: ApiDocument): JsonSchema[] {
  if (form.type !== 'array' || !form.items) return [form]
  return forms(form.items, document).flatMap((item) => itemForms(item, document))
}

function propertiesOf(form: JsonSchema): Part[] {
  const named = Object.entries(form.properties ?? {}).map(([name, schema]) => ({
    name,
    isForm: false,
    isRequired: form.required?.includes(name) ?? false,
    schema,
  }))
  if (!isSchema(form.additionalProperties)) return named
  return [...named, { name: '*', isForm: false, isRequired: false, schema: form.additionalProperties }]
}

function isSchema(value: boolean | JsonSchema | undefined): value is JsonSchema {
  return typeof value === 'object' && Object.keys(value).length > 0
}

/** The property by which forms are told apart, wherever within arrays the choice stands. */
function discriminator(schema: JsonSchema, document: ApiDocument): string | null {
  const whole = resolved(schema, document)
  if (whole.discriminator) return whole.discriminator.propertyName
  for (const one of [...(whole.anyOf ?? []), ...(whole.oneOf ?? []), ...(whole.items ? [whole.items] : [])]) {
    const found = discriminator(one, document)
    if (found) return found
  }
  return null
}

function formName(form: JsonSchema, tag: string | null, document: ApiDocument): string {
  const property = tag === null ? undefined : form.properties?.[tag]
  const whole = property ? resolved(property, document) : {}
  const values: Json[] = whole.enum ?? (whole.const === undefined ? [] : [whole.const])
  if (tag !== null && values.length > 0) return `${tag}: ${values.map((value) => JSON.stringify(value)).join(' | ')}`
  return form.title ?? form.type?.toString() ?? 'object'
}
