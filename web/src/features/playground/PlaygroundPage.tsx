import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useSignedIn } from '@/shared/lib/session'
import { Dialog } from '@/shared/ui/Dialog'
import { useTitle } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { modelsQuery } from './queries'
import { Runner } from './run/Runner'
import { SettingsPanel } from './settings/SettingsPanel'
import { keep, kept } from './state/keeping'
import { type LaneId, laneOf } from './state/playground'
import { useSignal } from './state/signal'
import { Announcer } from './view/Announcer'
import { Composer } from './view/Composer'
import { RunnerContext } from './view/context'
import { Lanes } from './view/Lanes'
import { Toolbar } from './view/Toolbar'
import { useLinks } from './view/useLinks'
import { useMedia } from './view/useMedia'

/** Asking models: the conversation, its settings, and all that one call costs and takes. */
export function PlaygroundPage() {
  const texts = useTexts().playground
  useTitle(texts.title)
  const runner = useRunnerOfAccount()
  const { lanes } = useSignal(runner.playground)
  useFirstModel(runner)
  useLinks(runner)
  const [settingsOf, setSettingsOf] = useState<LaneId | null>(null)
  const isRoomy = useMedia('(min-width: 80rem)')
  const isDocked = isRoomy && lanes.length === 1
  const opened = settingsOf && laneOf({ lanes }, settingsOf)
  return (
    <RunnerContext value={runner}>
      <div className="flex h-[calc(100dvh-3.5625rem)] min-h-96 flex-col lg:h-dvh">
        <Toolbar isComparing={lanes.length > 1} />
        <div className="flex min-h-0 flex-1">
          <div className="flex min-w-0 flex-1 flex-col">
            <Lanes lanes={lanes} onSettings={isDocked ? null : setSettingsOf} />
            <Composer lanes={lanes} />
          </div>
          {isDocked && (
            <aside aria-label={texts.settings} className="relative w-84 shrink-0 overflow-y-auto border-l border-line bg-surface p-4">
              <h2 className="sr-only">{texts.settings}</h2>
              <SettingsPanel lane={lanes[0]} />
            </aside>
          )}
        </div>
      </div>
      <Dialog
        isOpen={!isDocked && opened !== undefined && opened !== null}
        onClose={() => setSettingsOf(null)}
        title={lanes.length > 1 && opened ? texts.settingsOf(opened.id.toUpperCase()) : texts.settings}
        place="side"
      >
        {opened && <SettingsPanel lane={opened} />}
      </Dialog>
      <Announcer />
    </RunnerContext>
  )
}

/** The playground as it was left in this tab; leaving the page ends what is under way. */
function useRunnerOfAccount(): Runner {
  const client = useQueryClient()
  const { account_id: account } = useSignedIn()
  const [runner] = useState(() => new Runner(client, kept(account)))
  useEffect(() => {
    const unfollow = runner.playground.follow(() => keep(account, runner.playground.read()))
    // A browser may keep the page that is left, and with it the call, for going back: the model must not write on.
    const stop = () => runner.stop()
    window.addEventListener('pagehide', stop)
    return () => {
      window.removeEventListener('pagehide', stop)
      stop()
      unfollow()
    }
  }, [runner, account])
  return runner
}

/** Where no model is chosen, the first one that can be called is. */
function useFirstModel(runner: Runner): void {
  const { data } = useQuery(modelsQuery)
  useEffect(() => {
    const first = data?.find((model) => model.info.servedBy && model.pricing) ?? data?.[0]
    for (const lane of runner.playground.read().lanes) {
      if (first && !lane.settings.model) runner.dispatch({ type: 'set', lane: lane.id, settings: { model: first.id } })
    }
  }, [data, runner])
}
