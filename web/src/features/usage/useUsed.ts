import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { OwnersGroup } from '@/shared/api/schemas'
import { useTexts } from '@/texts'
import { keysQuery, usedQuery } from './queries'
import type { WindowQuery } from './window'

export interface KeyChoice {
  prefix: string
  name: string
}

export interface Used {
  /** Keys that there are and keys that were used in the window, deleted ones too. */
  keys: KeyChoice[]
  /** Models that were used in the window, the one that cost most first. */
  models: string[]
  nameOf: (prefix: string) => string
}

/** What may be chosen in the filters, and what keys are called. */
export function useUsed(window: WindowQuery): Used {
  const texts = useTexts().usage
  const keyName = useKeyName()
  const own = useQuery(keysQuery).data
  const used = useQuery(usedQuery(window)).data
  return useMemo(() => {
    const names = new Map<string, string>()
    for (const key of own?.data ?? []) {
      if (key.kind === 'api') names.set(key.prefix, key.name ?? key.prefix)
    }
    for (const { key } of used?.groups ?? []) {
      if (!key || names.has(key.prefix)) continue
      names.set(key.prefix, own && key.kind !== 'playground' ? texts.deletedKey(keyName(key)) : keyName(key))
    }
    return {
      keys: [...names].map(([prefix, name]) => ({ prefix, name })),
      models: used?.models.flatMap(({ model }) => (model === undefined ? [] : [model])) ?? [],
      nameOf: (prefix: string) => names.get(prefix) ?? prefix,
    }
  }, [own, used, texts, keyName])
}

/** What a key is called where figures name it. */
export function useKeyName(): (key: NonNullable<OwnersGroup['key']>) => string {
  const { playground } = useTexts().usage
  return useMemo(() => (key) => (key.kind === 'playground' ? playground : (key.name ?? key.prefix)), [playground])
}
