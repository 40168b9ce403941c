import { CONTROL } from '@/shared/ui/Field'
import { useTexts } from '@/texts'
import type { ControlWiring } from './ParameterField'
import { isInRange, type NumberParameter } from './parameters'
import { useRangeText } from './useRangeText'

interface NumberControlProps {
  parameter: NumberParameter
  value: number | undefined
  onChange: (value: number | undefined) => void
  wiring: ControlWiring
}

const STEPS = 100

/** A number to type, and, where it lies between two others, a slider beside it. */
export function NumberControl({ parameter, value, onChange, wiring }: NumberControlProps) {
  const texts = useTexts().playground
  const range = useRangeText(parameter)
  const { minimum, maximum, isInteger } = parameter
  const byDefault = typeof parameter.default === 'number' ? parameter.default : undefined
  const isWrong = value !== undefined && !isInRange(parameter, value)
  const span = minimum !== null && maximum !== null ? maximum - minimum : null
  const step = isInteger ? 1 : span === null ? 'any' : span / STEPS <= 0.01 ? 0.01 : 0.05
  return (
    <>
      <div className="flex items-center gap-3">
        {span !== null && minimum !== null && maximum !== null && (
          <input
            type="range"
            aria-label={texts.slider(parameter.name)}
            aria-valuetext={value === undefined ? texts.byModel : undefined}
            min={minimum}
            max={maximum}
            step={step}
            value={value ?? byDefault ?? minimum + span / 2}
            onChange={(event) => onChange(Number(event.target.value))}
            className="min-w-0 flex-1 accent-(--accent)"
          />
        )}
        <input
          {...wiring}
          type="number"
          inputMode="decimal"
          min={minimum ?? undefined}
          max={maximum ?? undefined}
          step={step}
          placeholder={byDefault === undefined ? '–' : String(byDefault)}
          aria-invalid={isWrong || undefined}
          value={value ?? ''}
          onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
          className={`${CONTROL} h-9 tabular-nums ${span === null ? '' : 'w-24! shrink-0'}`}
        />
      </div>
      {isWrong && <p className="text-xs text-bad">{texts.outOfRange(range)}</p>}
    </>
  )
}
