import { useQuery } from '@tanstack/react-query'
import clsx from 'clsx'
import { Button } from '@/shared/ui/Button'
import { Checkbox, CONTROL, Field } from '@/shared/ui/Field'
import { Loaded } from '@/shared/ui/Loaded'
import { useTexts } from '@/texts'
import { formQuery } from '../queries'
import type { Lane } from '../state/playground'
import { type Settings, TOOL_PARAMETERS } from '../state/settings'
import { useRunner } from '../view/context'
import { FormatSection } from './FormatSection'
import { ParameterField } from './ParameterField'
import type { ModelForm } from './parameters'
import { Section } from './Section'
import { ToolsSection } from './ToolsSection'

/** Everything of a lane that is sent beside the messages, made from what its model takes. */
export function SettingsPanel({ lane }: { lane: Lane }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const { settings } = lane
  const form = useQuery(formQuery(settings.model))
  const set = (change: Partial<Settings>) => runner.dispatch({ type: 'set', lane: lane.id, settings: change })
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-6">
      <Field label={texts.system} hint={texts.systemHint}>
        {(wiring) => (
          <textarea {...wiring} rows={3} value={settings.system} onChange={(event) => set({ system: event.target.value })} className={clsx(CONTROL, 'field-sizing-content max-h-72 min-h-20 py-2 text-sm')} />
        )}
      </Field>
      {settings.model && (
        <Loaded query={form}>
          {(known) => (
            <>
              <Parameters lane={lane} form={known} />
              {known.hasTools && <ToolsSection tools={settings.tools} onChange={(tools) => set({ tools })} />}
              {known.hasFormat && <FormatSection format={settings.format} onChange={(format) => set({ format })} />}
            </>
          )}
        </Loaded>
      )}
    </div>
  )
}

function Parameters({ lane, form }: { lane: Lane; form: ModelForm }) {
  const texts = useTexts().playground
  const runner = useRunner()
  const { settings } = lane
  const { parameters, isStreaming } = settings
  const shown = form.parameters.filter(({ name }) => settings.tools.length > 0 || !TOOL_PARAMETERS.has(name))
  const changed = shown.filter(({ name }) => name in parameters).length
  const toolNames = settings.tools.map((tool) => tool.name).filter(Boolean)
  return (
    <Section
      title={texts.parameters}
      lead={texts.parametersLead}
      action={
        changed > 0 && (
          <Button size="small" kind="quiet" onClick={() => runner.dispatch({ type: 'set', lane: lane.id, settings: { parameters: {} } })}>
            {texts.resetAll} ({changed})
          </Button>
        )
      }
    >
      <Checkbox
        label={texts.streaming}
        hint={texts.streamingHint}
        checked={isStreaming}
        onChange={(event) => runner.dispatch({ type: 'set', lane: lane.id, settings: { isStreaming: event.target.checked } })}
      />
      {shown.map((parameter) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          value={parameters[parameter.name]}
          toolNames={toolNames}
          onChange={(value) => runner.dispatch({ type: 'parameter', lane: lane.id, name: parameter.name, value })}
        />
      ))}
    </Section>
  )
}
