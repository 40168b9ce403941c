import { Tabs } from 'radix-ui'
import { useTexts } from '@/texts'
import type { Lane, LaneId } from '../state/playground'
import { LaneView } from './LaneView'
import { useMedia } from './useMedia'

interface LanesProps {
  lanes: Lane[]
  /** Opens the settings of a lane; null where they stand beside the conversation. */
  onSettings: ((lane: LaneId) => void) | null
}

/** The conversations: one, or two beside each other, which become tabs where there is no room for both. */
export function Lanes({ lanes, onSettings }: LanesProps) {
  const texts = useTexts().playground
  const isWide = useMedia('(min-width: 48rem)')
  const view = (lane: Lane) => (
    <LaneView key={lane.id} lane={lane} name={lanes.length > 1 ? lane.id.toUpperCase() : null} onSettings={onSettings && (() => onSettings(lane.id))} />
  )
  if (lanes.length === 1 || isWide) return <div className="flex min-h-0 flex-1 divide-x divide-line">{lanes.map(view)}</div>
  return (
    <Tabs.Root defaultValue="a" className="flex min-h-0 flex-1 flex-col">
      <Tabs.List aria-label={texts.lanes} className="flex border-b border-line">
        {lanes.map((lane) => (
          <Tabs.Trigger
            key={lane.id}
            value={lane.id}
            className="-mb-px min-h-10 flex-1 border-b-2 border-transparent text-sm font-medium text-muted -outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {texts.lane(lane.id.toUpperCase())}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {lanes.map((lane) => (
        <Tabs.Content key={lane.id} value={lane.id} className="flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden">
          {view(lane)}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  )
}
