import { useState } from 'react'
import { Button } from '@/shared/ui/Button'
import { Checkbox, SelectField, TextField } from '@/shared/ui/Field'
import { FailureNotice } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { faultOf, type KeyDraft, type Kind, offeredScopes, RETENTIONS, type Retention, type Scope } from './draft'

interface KeyFormProps {
  kind: Kind
  start: KeyDraft
  action: string
  isBusy: boolean
  error: Error | null
  onSubmit: (draft: KeyDraft) => void
}

/** What may be chosen of a key; management keys have a name only. */
export function KeyForm({ kind, start, action, isBusy, error, onSubmit }: KeyFormProps) {
  const texts = useTexts().keys
  const [draft, setDraft] = useState(start)
  const [isTried, setTried] = useState(false)
  const fault = isTried ? faultOf(draft) : null
  const change = (part: Partial<KeyDraft>) => setDraft({ ...draft, ...part })
  return (
    <form
      noValidate
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (faultOf(draft) === null) onSubmit(draft)
      }}
    >
      <TextField label={texts.name} hint={texts.nameHint} isOptional maxLength={64} value={draft.name} onChange={(event) => change({ name: event.target.value })} />
      {kind === 'api' && (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label={texts.limit}
              hint={texts.limitHint}
              error={fault === 'threshold' ? texts.limitFault : null}
              isOptional
              inputMode="decimal"
              value={draft.threshold}
              onChange={(event) => change({ threshold: event.target.value })}
            />
            <SelectField label={texts.retention} hint={texts.retentionHint} value={draft.retention} onChange={(event) => change({ retention: event.target.value as Retention })}>
              {RETENTIONS.map((one) => (
                <option key={one} value={one}>
                  {texts.retentions[one]}
                </option>
              ))}
            </SelectField>
          </div>
          <ScopeChoice offered={offeredScopes(start)} draft={draft} isEmptyFault={fault === 'scopes'} onChange={change} />
        </>
      )}
      {error && <FailureNotice error={error} />}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {action}
        </Button>
      </div>
    </form>
  )
}

function ScopeChoice({ offered, draft, isEmptyFault, onChange }: { offered: Scope[]; draft: KeyDraft; isEmptyFault: boolean; onChange: (part: Partial<KeyDraft>) => void }) {
  const texts = useTexts().keys
  const toggle = (scope: Scope) => onChange({ scopes: offered.filter((one) => (one === scope) !== draft.scopes.includes(one)) })
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">{texts.scopes}</legend>
      <Checkbox label={texts.confine} hint={texts.confineHint} checked={draft.isConfined} onChange={(event) => onChange({ isConfined: event.target.checked })} />
      {draft.isConfined && (
        <div className="ml-6 grid gap-1.5 sm:grid-cols-2">
          {offered.map((scope) => (
            <Checkbox key={scope} label={<code className="font-mono text-sm">{scope}</code>} checked={draft.scopes.includes(scope)} onChange={() => toggle(scope)} />
          ))}
        </div>
      )}
      {isEmptyFault && (
        <p role="alert" className="text-sm text-bad">
          {texts.scopesFault}
        </p>
      )}
    </fieldset>
  )
}
