const TICKS_MAX = 5
const FACTORS = [1, 2, 2.5, 5, 10]

/**
 * Round values for an axis from 0 to at least `max`, at most six of them.
 *
 * `unit` is what is round, such as a dollar's worth of credits; `isWhole` keeps halves away.
 */
export function axisTicks(max: number, { unit = 1, isWhole = false }: { unit?: number | undefined; isWhole?: boolean | undefined } = {}): number[] {
  const least = (max > 0 ? max : unit) / unit / TICKS_MAX
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = FACTORS.find((one) => one * power >= least && !(isWhole && one * power * unit % 1 !== 0)) ?? 10
  const step = Math.max(factor * power * unit, isWhole ? 1 : 0)
  const count = Math.max(1, Math.ceil(max / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, index) => index * step)
}

/** Which of `count` labels to write so that each has room; the last one is always among them. */
export function labelledRows(count: number, widthPx: number, labelPx: number): Set<number> {
  const every = Math.max(1, Math.ceil((count * labelPx) / Math.max(widthPx, 1)))
  return new Set(Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % every === 0))
}
