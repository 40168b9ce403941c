import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { keysQuery } from '@/shared/api/queries'
import type { OwnersGroup } from '@/shared/api/schemas'
import { useTexts } from '@/texts'
import { usedQuery } from './queries'
import type { WindowQuery } from './window'

export interface KeyChoice {
  prefix: string
  /** What it is called, with what tells it from others of the same name. */
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
    const names = new Map(own?.data.filter((key) => key.kind === 'api').map((key) => [key.prefix, key.name ?? key.prefix]))
    const gone = (used?.groups ?? []).flatMap(({ key }) => (key && !names.has(key.prefix) ? [key] : []))
    const choices = [
      ...[...names].map(([prefix, name]) => ({ prefix, name: name === prefix ? `${prefix}…` : `${name} · ${prefix}…` })),
      ...gone.map((key) => ({ prefix: key.prefix, name: own && key.kind !== 'playground' ? texts.deletedKey(keyName(key)) : keyName(key) })),
    ]
    for (const key of gone) names.set(key.prefix, keyName(key))
    return {
      keys: choices,
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
