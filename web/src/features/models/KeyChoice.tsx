import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '@/shared/api/queries'
import { useSession } from '@/shared/lib/session'
import { SelectField } from '@/shared/ui/Field'
import { useTexts } from '@/texts'

/** Lets a signed-in reader note in the code which key is meant, by its public beginning; the key itself is known to nobody here. */
export function KeyChoice({ onChoose }: { onChoose: (comment: string | undefined) => void }) {
  const texts = useTexts().models
  const session = useSession()
  const keys = useQuery({ ...keysQuery, enabled: !!session })
  const [chosen, setChosen] = useState('')
  const usable = (keys.data?.data ?? []).filter((key) => key.kind === 'api' && !key.disabled)
  if (usable.length === 0) return null
  return (
    <SelectField
      className="max-w-sm"
      label={texts.whichKey}
      value={chosen}
      onChange={(event) => {
        const prefix = event.target.value
        setChosen(prefix)
        onChoose(prefix ? texts.keyComment(prefix) : undefined)
      }}
    >
      <option value="">{texts.noKey}</option>
      {usable.map((key) => (
        <option key={key.prefix} value={key.prefix}>
          {key.name ? `${key.name} (${key.prefix}…)` : `${key.prefix}…`}
        </option>
      ))}
    </SelectField>
  )
}
