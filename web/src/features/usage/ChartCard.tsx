import { Download } from 'lucide-react'
import clsx from 'clsx'
import { Chart } from '@/shared/charts/Chart'
import { CREDITS_PER_USD, useFormats } from '@/shared/lib/format'
import { saveFile } from '@/shared/lib/csv'
import { Button, LinkButton } from '@/shared/ui/Button'
import { Card, Empty } from '@/shared/ui/Page'
import { Segmented } from '@/shared/ui/Segmented'
import { useTexts } from '@/texts'
import { figuresFile, figuresFileName } from './exports'
import { PartsTable } from './PartsTable'
import type { AskedUsage } from './queries'
import { BREAKDOWNS, type Breakdown, MEASURES, type Measure } from './search'
import { useFigures } from './useFigures'

interface ChartCardProps {
  usage: AskedUsage
  /** What is chosen; the answer may still be that of the choice before. */
  by: Breakdown
  measure: Measure
  isStale: boolean
  onChoose: (choice: { by: Breakdown } | { measure: Measure }) => void
}

/** Days as bars, as a whole or broken down, with the sums of the parts below. */
export function ChartCard({ usage, by, measure, isStale, onChoose }: ChartCardProps) {
  const texts = useTexts().usage
  const format = useFormats()
  const figures = useFigures(usage, measure)
  const isEmpty = usage.detail.requests.total === 0
  return (
    <Card
      title={texts.chartTitle}
      actions={
        <Button size="small" disabled={isEmpty} onClick={() => saveFile(figuresFileName(figures.chart, measure), 'text/csv;charset=utf-8', figuresFile(figures.chart, measure, texts.day))}>
          <Download aria-hidden className="size-4" />
          {texts.saveFigures}
        </Button>
      }
    >
      <div className="flex flex-wrap justify-between gap-3">
        <Segmented label={texts.measure} options={MEASURES.map((id) => ({ id, label: texts.measures[id] }))} chosen={measure} onChoose={(id) => onChoose({ measure: id })} />
        <Segmented label={texts.by} options={BREAKDOWNS.map((id) => ({ id, label: texts.breakdowns[id] }))} chosen={by} onChoose={(id) => onChoose({ by: id })} />
      </div>
      {isEmpty ? (
        <NoCalls />
      ) : (
        <div aria-busy={isStale} className={clsx('grid min-w-0 gap-5 transition-opacity', isStale && 'opacity-60')}>
          <Chart
            title={texts.chartOf[measure]}
            rowsName={texts.day}
            series={figures.chart.series}
            rows={figures.chart.days.map(({ day, values }) => ({ label: format.day(day), fullLabel: format.wholeDay(day), values }))}
            format={figures.format}
            formatShort={figures.formatShort}
            {...(measure === 'spend' ? { unit: CREDITS_PER_USD } : { isWhole: true })}
          />
          {usage.by !== 'total' && <PartsTable by={usage.by} parts={figures.parts} measure={measure} />}
        </div>
      )}
    </Card>
  )
}

function NoCalls() {
  const texts = useTexts().usage
  return (
    <div className="grid min-h-82">
      <Empty title={texts.nothingTitle}>
        <p>{texts.nothing}</p>
        <LinkButton to="/">{texts.toFirstCall}</LinkButton>
      </Empty>
    </div>
  )
}
