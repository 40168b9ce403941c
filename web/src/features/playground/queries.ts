import { queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { LogAnswer, ModelList, ReceiptAnswer } from '@/shared/api/schemas'
import { formOf } from './settings/parameters'

const CHAT = 'openai/chat-completions'
const UNCHANGED_MS = 60_000
const TRIES_OF_RECEIPT = 5
const RECEIPT_DELAY_MS = 200

/** The models of this server with prices and what answers for them. */
export const modelsQuery = queryOptions({
  queryKey: ['playground', 'models'],
  queryFn: async ({ signal }) => {
    const { data } = await request<ModelList>('/v1/models', { query: { include: 'pricing,capabilities,modalities' }, signal })
    return data.filter((model) => model.type === CHAT)
  },
  staleTime: UNCHANGED_MS,
})

/** What one model takes, from its own document. */
export function formQuery(model: string) {
  return queryOptions({
    queryKey: ['playground', 'form', model],
    queryFn: async ({ signal }) => formOf(await request('/docs-json', { query: { model, endpoint: CHAT }, signal })),
    enabled: model !== '',
    staleTime: UNCHANGED_MS,
  })
}

/** What a call cost in the end. The receipt of one that was stopped is there a moment later: once the log has the call. */
export function receiptQuery(inferenceId: string) {
  return queryOptions({
    queryKey: ['playground', 'receipt', inferenceId],
    queryFn: async ({ signal }) => {
      const { data } = await request<Pick<LogAnswer, 'data'>>('/console/v1/logs', { query: { period: '24h', origin: 'playground', limit: 20 }, signal })
      if (!data.some((entry) => entry.inference_id === inferenceId)) throw new Error('The log does not have the call yet')
      return request<ReceiptAnswer>(`/console/v1/logs/${encodeURIComponent(inferenceId)}`, { signal })
    },
    retry: TRIES_OF_RECEIPT,
    retryDelay: (failures) => RECEIPT_DELAY_MS * 2 ** failures,
    staleTime: 'static',
  })
}
