import type { KeyUpdateBody, OwnersKey, OwnersKeyBody } from '@/shared/api/schemas'

export type Kind = OwnersKey['kind']
export type Retention = NonNullable<OwnersKey['limit']>['retention']
export type Scope = NonNullable<OwnersKey['scopes']>[number]

export const RETENTIONS: Retention[] = ['day', 'week', 'month', 'no_reset']
/** Of the contract's scopes the one that has endpoints here; others would make a key that can do nothing. */
const SERVED_SCOPES: Scope[] = ['model:chat']

/** What can be chosen: what is served, and what the key has already. */
export function offeredScopes(start: KeyDraft): Scope[] {
  return [...new Set([...SERVED_SCOPES, ...(start.isConfined ? start.scopes : [])])]
}

/** What the form of a key holds. An empty threshold is no limit; scopes count only when `isConfined`. */
export interface KeyDraft {
  name: string
  threshold: string
  retention: Retention
  isConfined: boolean
  scopes: Scope[]
}

export const EMPTY_DRAFT: KeyDraft = { name: '', threshold: '', retention: 'month', isConfined: false, scopes: ['model:chat'] }

export function draftOf(key: OwnersKey): KeyDraft {
  return {
    name: key.name ?? '',
    threshold: key.limit === null ? '' : String(key.limit.threshold),
    retention: key.limit?.retention ?? 'month',
    isConfined: key.scopes !== null,
    scopes: key.scopes ?? ['model:chat'],
  }
}

export type DraftFault = 'threshold' | 'scopes'

/** What is wrong with the draft before the server is asked, or null. */
export function faultOf(draft: KeyDraft): DraftFault | null {
  if (draft.threshold.trim() !== '' && !(Number(draft.threshold) >= 0)) return 'threshold'
  return draft.isConfined && draft.scopes.length === 0 ? 'scopes' : null
}

export function creation(draft: KeyDraft, kind: Kind): Partial<OwnersKeyBody> {
  return {
    kind,
    ...(draft.name.trim() !== '' && { name: draft.name.trim() }),
    ...(kind === 'api' && draft.threshold.trim() !== '' && { limit: { threshold: Number(draft.threshold), retention: draft.retention } }),
    ...(kind === 'api' && draft.isConfined && { scopes: draft.scopes }),
  }
}

/** Only what differs from the key as it is; null takes a limit or the scopes away. */
export function update(draft: KeyDraft, key: OwnersKey): KeyUpdateBody {
  const before = draftOf(key)
  const body: KeyUpdateBody = {}
  if (draft.name.trim() !== before.name) body.name = draft.name.trim()
  if (key.kind === 'management') return body
  if (draft.threshold.trim() === '') {
    if (key.limit !== null) body.limit = null
  } else if (draft.threshold !== before.threshold || draft.retention !== before.retention) {
    body.limit = { threshold: Number(draft.threshold), retention: draft.retention }
  }
  const scopes = draft.isConfined ? draft.scopes : null
  if (JSON.stringify(scopes) !== JSON.stringify(key.scopes)) body.scopes = scopes
  return body
}
