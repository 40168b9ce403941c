import { SelectField } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import { ORIGINS, STATUSES } from './search'
import type { Used } from './useUsed'
import { useUsageSearch } from './useUsageSearch'

/** What narrows the log alone; the window and the key are those of the page. */
export function LogChoices({ used }: { used: Used }) {
  const texts = useTexts().usage
  const { search, change } = useUsageSearch()
  const models = search.model === undefined || used.models.includes(search.model) ? used.models : [search.model, ...used.models]
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <SelectField label={texts.model} value={search.model ?? ''} onChange={(event) => change({ model: event.target.value || undefined })}>
        <option value="">{texts.allModels}</option>
        {models.map((model) => (
          <option key={model} value={model}>
            {model}
          </option>
        ))}
      </SelectField>
      <SelectField label={texts.status} value={search.status ?? ''} onChange={(event) => change({ status: STATUSES.find((one) => one === event.target.value) })}>
        <option value="">{texts.allStatuses}</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {texts.statuses[status]}
          </option>
        ))}
      </SelectField>
      <SelectField label={texts.origin} value={search.origin ?? ''} onChange={(event) => change({ origin: ORIGINS.find((one) => one === event.target.value) })}>
        <option value="">{texts.allOrigins}</option>
        {ORIGINS.map((origin) => (
          <option key={origin} value={origin}>
            {texts.origins[origin]}
          </option>
        ))}
      </SelectField>
    </div>
  )
}
