import { queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { ModelList, SpeedReport } from '@/shared/api/schemas'
import type { ApiDocument } from '@/shared/schema/types'

export const catalogueQuery = queryOptions({
  queryKey: ['models'],
  queryFn: async ({ signal }) => (await request<ModelList>('/models', { query: { include: 'all' }, signal })).data,
  staleTime: 60_000,
})

/** How fast the models have been lately, by model id; asked anew while the page is open. */
export const speedsQuery = queryOptions({
  queryKey: ['models', 'speeds'],
  queryFn: async ({ signal }) => {
    const { models } = await request<SpeedReport>('/models/metrics', { signal })
    return new Map(models.map(({ alias, metrics }) => [alias, metrics]))
  },
  refetchInterval: 15_000,
})

export function documentQuery(model: string) {
  return queryOptions({
    queryKey: ['models', 'document', model],
    queryFn: ({ signal }) => request<ApiDocument>('/docs-json', { query: { model }, signal }),
    staleTime: 60_000,
  })
}

