import type { Json } from '@/shared/lib/json'

/** As much of JSON Schema (the dialect of OpenAPI 3.1) as is shown. */
export interface JsonSchema {
  $ref?: string
  title?: string
  description?: string
  type?: string | string[]
  format?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  discriminator?: { propertyName: string }
  enum?: Json[]
  const?: Json
  default?: Json
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  pattern?: string
}

export interface MediaType {
  schema?: JsonSchema
  example?: Json
  examples?: Record<string, { value?: Json; summary?: string }>
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: JsonSchema
}

export interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  operationId?: string
  parameters?: Parameter[]
  /** Each is one way to be let in; none means that anybody is. */
  security?: Record<string, string[]>[]
  requestBody?: { required?: boolean; content: Record<string, MediaType> }
  responses?: Record<string, { description?: string; content?: Record<string, MediaType> }>
}

/** An OpenAPI document, from `/openapi.json` or `/docs-json`. */
export interface ApiDocument {
  openapi: string
  info: { title: string; version: string; description?: string }
  servers?: { url: string }[]
  paths: Record<string, Partial<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Operation>>>
  components?: { schemas?: Record<string, JsonSchema> }
}
