import type { ModelList } from '@/shared/api/schemas'
import { curlSample } from '@/shared/samples/curl'
import { KEY_VARIABLE } from '@/shared/samples/types'

type Model = ModelList['data'][number]

export const EXPORT_KEY = `export ${KEY_VARIABLE}='twk…'`

/** The model for a first call: the first one that answers on this server, in the catalogue's order. */
export function firstModel(models: Model[]): string | null {
  const chat = models.filter((model) => model.tags.includes('playground:chat'))
  return (chat.find((model) => model.info.servedBy !== undefined) ?? chat[0] ?? models[0])?.id ?? null
}

/** The first call as a command, whose key comes from the environment. */
export function firstCall(address: string, model: string): string {
  return curlSample({ url: `${address}/v1/chat/completions`, sdkUrl: null, body: { model, messages: [{ role: 'user', content: 'What is 12 × 34?' }] }, isStream: false }).trimEnd()
}
