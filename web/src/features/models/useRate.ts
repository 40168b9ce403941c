import { useMemo } from 'react'
import { useLanguage } from '@/texts'

/** Writes a price in US dollars with all of its digits, unlike sums of money, which are rounded to cents. */
export function useRate(): (usd: number) => string {
  const language = useLanguage()
  return useMemo(() => {
    const format = new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: 6 })
    return (usd) => format.format(usd)
  }, [language])
}
