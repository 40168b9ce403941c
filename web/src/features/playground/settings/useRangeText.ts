import { useFormats } from '@/shared/lib/format'
import { useLanguage, useTexts } from '@/texts'
import type { Parameter } from './parameters'

/** What a parameter takes, in words; empty where there is nothing to say. */
export function useRangeText(parameter: Parameter): string {
  const texts = useTexts().playground
  const language = useLanguage()
  const format = useFormats()
  if (parameter.kind !== 'number') return ''
  const number = (value: number) => new Intl.NumberFormat(language, { maximumFractionDigits: 3 }).format(value)
  const { minimum, maximum, isMinimumExclusive, clampedTo, isInteger } = parameter
  const top = maximum ?? clampedTo
  const parts: string[] = []
  if (minimum !== null && top !== null && !isMinimumExclusive) parts.push(texts.range(number(minimum), number(top)))
  else {
    if (minimum !== null) parts.push(isMinimumExclusive ? texts.moreThan(number(minimum)) : texts.atLeast(number(minimum)))
    if (top !== null) parts.push(texts.atMost(format.number(top)))
  }
  if (isInteger) parts.push(texts.whole)
  return parts.join(', ')
}
