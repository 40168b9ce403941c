import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { sharedPresetQuery } from '../presets/presetQueries'
import { playgroundOf } from '../presets/presetSettings'
import type { Runner } from '../run/Runner'
import { NEW_PLAYGROUND } from '../state/playground'
import { NO_SETTINGS } from '../state/settings'

const route = getRouteApi('/signed-in/playground')

/** Follows links into the playground: one to a model begins anew with it, one to a preset loads that. */
export function useLinks(runner: Runner): void {
  const { model, preset } = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  useEffect(() => {
    if (model === undefined && preset === undefined) return
    // Once it is followed the address is the playground's own, so that a reload does not undo what was done since.
    const forget = () => navigate({ search: {}, replace: true })
    let isLeft = false
    if (preset !== undefined) {
      client.query(sharedPresetQuery(preset)).then(
        async (found) => {
          if (isLeft) return
          runner.load(playgroundOf(found.model, found.settings))
          runner.notice.set({ kind: 'loaded', name: found.name })
          await forget()
        },
        async (error: unknown) => {
          if (isLeft) return
          runner.notice.set({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
          await forget()
        },
      )
    } else if (model !== undefined) {
      const [first] = NEW_PLAYGROUND.lanes
      runner.load({ lanes: [{ ...first, settings: { ...NO_SETTINGS, model } }] })
      void forget()
    }
    return () => {
      // Whoever has gone on to another page meanwhile is not to be led back.
      isLeft = true
    }
  }, [model, preset, runner, client, navigate])
}
