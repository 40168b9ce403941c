import type { ModelList } from '@/shared/api/schemas'

type Model = ModelList['data'][number]

/** The model for a first call: the first one that answers on this server, in the catalogue's order. */
export function firstModel(models: Model[]): string | null {
  const chat = models.filter((model) => model.tags.includes('playground:chat'))
  return (chat.find((model) => model.info.servedBy !== undefined) ?? chat[0] ?? models[0])?.id ?? null
}

/** The first call as a command, whose key comes from the environment. */
export function firstCall(address: string, model: string): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'What is 12 × 34?' }] }).replaceAll("'", String.raw`'\''`)
  return [`curl ${address}/v1/chat/completions`, '-H "Authorization: Bearer $TOLLWAY_KEY"', "-H 'Content-Type: application/json'", `-d '${body}'`].join(' \\\n  ')
}

export const EXPORT_KEY = "export TOLLWAY_KEY='twk…'"
