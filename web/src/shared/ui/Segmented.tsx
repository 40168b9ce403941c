import { useId } from 'react'

interface SegmentedProps<T extends string> {
  /** What is chosen, for screen readers. */
  label: string
  options: { id: T; label: string }[]
  chosen: T
  onChoose: (id: T) => void
}

/** A few choices side by side, of which one holds: radio buttons in the look of one control. */
export function Segmented<T extends string>({ label, options, chosen, onChoose }: SegmentedProps<T>) {
  const name = useId()
  return (
    <fieldset className="flex max-w-full min-w-0 overflow-x-auto rounded-lg border border-line bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.id}
          className="flex min-h-8.5 flex-1 cursor-pointer items-center justify-center rounded-md px-2 text-sm font-medium sm:px-3 whitespace-nowrap text-muted -outline-offset-1 outline-accent hover:text-ink has-checked:bg-surface has-checked:text-ink has-checked:shadow-xs has-focus-visible:outline-2"
        >
          <input type="radio" name={name} value={option.id} checked={option.id === chosen} onChange={() => onChoose(option.id)} className="sr-only" />
          {option.label}
        </label>
      ))}
    </fieldset>
  )
}
