import { useMemo, useState } from 'react'
import { knownTimeZones, setTimeZone } from '@/shared/lib/timeZone'
import { SelectField, TextField } from '@/shared/ui/Field'
import { Segmented } from '@/shared/ui/Segmented'
import { useTexts } from '@/texts'
import { DEFAULT_PRESET, daysFault, PRESETS } from './search'
import type { Used } from './useUsed'
import { useUsageSearch } from './useUsageSearch'
import { daysOf } from './window'

const CHOICES = [...PRESETS, 'own'] as const

/** What the whole page is about: which time, whose days, which key. */
export function Toolbar({ used }: { used: Used }) {
  const texts = useTexts().usage
  const { search, zone, today, change } = useUsageSearch()
  const zones = useMemo(() => [...new Set([...knownTimeZones(), zone])].sort(), [zone])
  const own = search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to } : null
  const choose = (id: (typeof CHOICES)[number]) => {
    if (id !== 'own') change({ window: id, from: undefined, to: undefined })
    else change({ window: undefined, ...(daysOf(search, today) ?? { from: today, to: today }) })
  }
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
      <Segmented label={texts.window} options={CHOICES.map((id) => ({ id, label: texts.windows[id] }))} chosen={own ? 'own' : (search.window ?? DEFAULT_PRESET)} onChoose={choose} />
      <SelectField
        label={texts.zone}
        className="w-full sm:w-56"
        value={zone}
        onChange={(event) => {
          setTimeZone(event.target.value)
          change({ zone: event.target.value })
        }}
      >
        {zones.map((one) => (
          <option key={one} value={one}>
            {one.replaceAll('_', ' ')}
          </option>
        ))}
      </SelectField>
      <SelectField label={texts.key} className="w-full sm:w-56" value={search.key ?? ''} onChange={(event) => change({ key: event.target.value || undefined })}>
        <option value="">{texts.allKeys}</option>
        {search.key !== undefined && !used.keys.some((key) => key.prefix === search.key) && <option value={search.key}>{search.key}…</option>}
        {used.keys.map((key) => (
          <option key={key.prefix} value={key.prefix}>
            {key.name}
          </option>
        ))}
      </SelectField>
      {own && <OwnDays {...own} today={today} onChange={change} />}
    </div>
  )
}

interface OwnDaysProps {
  from: string
  to: string
  today: string
  onChange: (days: { from: string; to: string }) => void
}

/** Two days; what they hold goes into the address as soon as it makes sense. */
function OwnDays({ from, to, today, onChange }: OwnDaysProps) {
  const texts = useTexts().usage
  const [draft, setDraft] = useState({ from, to })
  const [shown, setShown] = useState({ from, to })
  if (shown.from !== from || shown.to !== to) {
    // The address was changed by something else, such as the browser's way back.
    setShown({ from, to })
    setDraft({ from, to })
  }
  const fault = daysFault(draft.from, draft.to)
  const edit = (part: Partial<typeof draft>) => {
    const next = { ...draft, ...part }
    setDraft(next)
    if (daysFault(next.from, next.to) === null) onChange(next)
  }
  return (
    <fieldset className="flex w-full flex-wrap items-start gap-3">
      <legend className="sr-only">{texts.windows.own}</legend>
      <TextField type="date" label={texts.from} className="w-40" max={today} value={draft.from} error={fault && texts.daysFaults[fault]} onChange={(event) => edit({ from: event.target.value })} />
      <TextField type="date" label={texts.to} className="w-40" max={today} value={draft.to} onChange={(event) => edit({ to: event.target.value })} />
    </fieldset>
  )
}
