import { request } from '@/shared/api/client'
import type { KeyUpdateBody, OwnersKeyAnswer, OwnersKeyBody, OwnersNewKeyAnswer } from '@/shared/api/schemas'

export function createKey(body: Partial<OwnersKeyBody>): Promise<OwnersNewKeyAnswer> {
  return request('/console/v1/keys', { method: 'POST', body })
}

export function changeKey(prefix: string, body: KeyUpdateBody): Promise<OwnersKeyAnswer> {
  return request(`/console/v1/keys/${encodeURIComponent(prefix)}`, { method: 'PATCH', body })
}

export async function deleteKey(prefix: string): Promise<void> {
  await request(`/console/v1/keys/${encodeURIComponent(prefix)}`, { method: 'DELETE' })
}
