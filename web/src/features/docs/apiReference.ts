import { queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { Json } from '@/shared/lib/json'
import type { ApiDocument, MediaType, Operation } from '@/shared/schema/types'

export const apiDocumentQuery = queryOptions({
  queryKey: ['api-document'],
  queryFn: ({ signal }) => request<ApiDocument>('/openapi.json', { signal }),
  staleTime: Infinity,
})

export interface Endpoint {
  id: string
  method: string
  path: string
  operation: Operation
}

export interface EndpointGroup {
  tag: string
  anchor: string
  endpoints: Endpoint[]
}

/** All endpoints by their tag, in the order of the document. */
export function groupEndpoints(document: ApiDocument): EndpointGroup[] {
  const groups = new Map<string, Endpoint[]>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? ''
      const endpoint = { id: operation.operationId ?? `${method}-${path}`, method: method.toUpperCase(), path, operation }
      groups.set(tag, [...(groups.get(tag) ?? []), endpoint])
    }
  }
  return [...groups].map(([tag, endpoints]) => ({ tag, anchor: `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`, endpoints }))
}

/** The ways in which an endpoint lets one in, by the names of the document; none where it is open to all. */
export function accessOf(operation: Operation): string[] {
  return [...new Set((operation.security ?? []).flatMap((way) => Object.keys(way)))].filter((scheme) => scheme !== 'csrfToken')
}

/** The examples of a body or an answer, under their names; one without a name has an empty one. */
export function examplesOf(media: MediaType): { name: string; text: string }[] {
  const named = Object.entries(media.examples ?? {}).flatMap(([name, { value }]) => (value === undefined ? [] : [{ name, text: written(value) }]))
  return [...(media.example === undefined ? [] : [{ name: '', text: written(media.example) }]), ...named]
}

function written(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}
