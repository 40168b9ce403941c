import { queryOptions } from '@tanstack/react-query'
import { request } from '@/shared/api/client'
import type { NewPresetBody, PresetChangeBody, PresetEntry, PresetList, SharedPreset, ShareToken } from '@/shared/api/schemas'

const PATH = '/console/v1/presets'

export const presetsQuery = queryOptions({
  queryKey: ['playground', 'presets'],
  queryFn: async ({ signal }) => (await request<PresetList>(PATH, { signal })).data,
})

/** A preset that somebody shares, by the token of its link. */
export function sharedPresetQuery(token: string) {
  return queryOptions({
    queryKey: ['playground', 'shared-preset', token],
    queryFn: ({ signal }) => request<SharedPreset>(`/console/v1/shared-presets/${encodeURIComponent(token)}`, { signal }),
    staleTime: 0,
  })
}

/** What can be done to one's own presets. */
export const presetCalls = {
  create: (body: NewPresetBody) => request<PresetEntry>(PATH, { method: 'POST', body }),
  change: (id: string, body: PresetChangeBody) => request<PresetEntry>(one(id), { method: 'PATCH', body }),
  remove: (id: string) => request<undefined>(one(id), { method: 'DELETE' }),
  share: (id: string) => request<ShareToken>(`${one(id)}/share`, { method: 'POST' }),
  unshare: (id: string) => request<undefined>(`${one(id)}/share`, { method: 'DELETE' }),
}

function one(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`
}

/** The address that opens a shared preset. */
export function linkOf(token: string): string {
  return `${location.origin}/app/playground?preset=${encodeURIComponent(token)}`
}
