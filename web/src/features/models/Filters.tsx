import clsx from 'clsx'
import { Check } from 'lucide-react'
import { useFormats } from '@/shared/lib/format'
import { SelectField, TextField } from '@/shared/ui/Field'
import { Segmented } from '@/shared/ui/Segmented'
import { useTexts } from '@/texts'
import type { Model } from './model'
import { useCapabilityName, useModalityName } from './ModelBadges'
import { PRICES, type Selection, SORTS, valuesOf, withoutEmpty } from './selection'

interface FiltersProps {
  models: Model[]
  selection: Selection
  onChange: (selection: Selection) => void
}

/** The search, the filters and the order of the catalogue. */
export function Filters({ models, selection, onChange }: FiltersProps) {
  const all = useTexts()
  const texts = all.models
  const formats = useFormats()
  const modalityName = useModalityName()
  const set = (changed: { [Name in keyof Selection]: Selection[Name] | undefined }) => onChange(withoutEmpty({ ...selection, ...changed }))
  const providers = valuesOf(models, (model) => [model.info.developer])
  const modalities = valuesOf(models, (model) => model.modalities?.input ?? [])
  return (
    <search className="grid gap-4">
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4 lg:grid-cols-[minmax(14rem,1fr)_repeat(4,10rem)]">
        <TextField className="col-span-2 md:col-span-4 lg:col-span-1" label={all.common.search} type="search" value={selection.q ?? ''} placeholder={texts.searchHint} onChange={(event) => set({ q: event.target.value || undefined })} />
        <Choice label={texts.provider} value={selection.provider} options={providers.map((one) => [one, one])} onChange={(provider) => set({ provider })} />
        <Choice label={texts.takes} value={selection.modality} options={modalities.map((one) => [one, modalityName(one)])} onChange={(modality) => set({ modality })} />
        <Choice
          label={texts.price}
          value={selection.price?.toString()}
          options={PRICES.map((price) => [price.toString(), texts.upTo(formats.dollars(price))])}
          onChange={(price) => set({ price: price === undefined ? undefined : Number(price) })}
        />
        <SelectField label={texts.sort} value={selection.sort ?? 'featured'} onChange={(event) => set({ sort: SORTS.filter((one) => one !== 'featured').find((one) => one === event.target.value) })}>
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {texts.sorts[one]}
            </option>
          ))}
        </SelectField>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Capabilities models={models} chosen={selection.capabilities ?? []} onChange={(chosen) => set({ capabilities: chosen.length > 0 ? chosen : undefined })} />
        <div>
          <Segmented
            label={texts.view}
            chosen={selection.view ?? 'cards'}
            options={[
              { id: 'cards', label: texts.cards },
              { id: 'table', label: texts.table },
            ]}
            onChoose={(view) => set({ view: view === 'table' ? view : undefined })}
          />
        </div>
      </div>
    </search>
  )
}

interface ChoiceProps {
  label: string
  value: string | undefined
  options: [value: string, name: string][]
  onChange: (value: string | undefined) => void
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const texts = useTexts()
  return (
    <SelectField label={label} value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)}>
      <option value="">{texts.common.all}</option>
      {options.map(([one, name]) => (
        <option key={one} value={one}>
          {name}
        </option>
      ))}
    </SelectField>
  )
}

function Capabilities({ models, chosen, onChange }: { models: Model[]; chosen: string[]; onChange: (chosen: string[]) => void }) {
  const texts = useTexts().models
  const name = useCapabilityName()
  const all = valuesOf(models, (model) => model.capabilities ?? [])
  return (
    <div role="group" aria-label={texts.capability} className="flex flex-wrap gap-2">
      {all.map((one) => {
        const isOn = chosen.includes(one)
        return (
          <button
            key={one}
            type="button"
            aria-pressed={isOn}
            onClick={() => onChange(isOn ? chosen.filter((other) => other !== one) : [...chosen, one])}
            className={clsx('inline-flex min-h-8 items-center gap-1.5 rounded-full border px-3 text-sm', isOn ? 'border-accent bg-accent-soft font-medium' : 'border-line bg-surface hover:bg-sunken')}
          >
            {isOn && <Check aria-hidden className="size-3.5" />}
            {name(one)}
          </button>
        )
      })}
    </div>
  )
}
