import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useFormats } from '@/shared/lib/format'
import { useTexts } from '@/texts'
import { type Model, pricePerMillionUsd, type Speeds } from './model'
import { CapabilityBadges, StateBadges } from './ModelBadges'

export function ModelCards({ models, speeds }: { models: Model[]; speeds: Speeds }) {
  return (
    <ul className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
      {models.map((model) => (
        <li key={model.id} className="grid">
          <ModelCard model={model} speeds={speeds} />
        </li>
      ))}
    </ul>
  )
}

function ModelCard({ model, speeds }: { model: Model; speeds: Speeds }) {
  const texts = useTexts().models
  const formats = useFormats()
  const tps = speeds.get(model.id)?.tps?.p50
  const price = (meter: 'input' | 'output') => {
    const usd = pricePerMillionUsd(model, meter)
    return usd === null ? '–' : formats.rate(usd)
  }
  return (
    <article className="relative grid min-w-0 grid-rows-[auto_auto_1fr_auto] gap-3 rounded-xl border border-line bg-surface p-4 focus-within:border-accent hover:border-accent sm:p-5">
      <div className="flex min-w-0 flex-wrap items-start justify-between gap-x-3 gap-y-1.5">
        <h2 className="min-w-0 text-base font-semibold">
          {/* The link covers the card, so that all of it can be clicked. */}
          <Link to="/models/$" params={{ _splat: model.id }} className="after:absolute after:inset-0 after:rounded-xl">
            {model.info.name}
          </Link>
        </h2>
        <span className="flex flex-wrap gap-1.5">
          <StateBadges model={model} />
        </span>
      </div>
      <p className="truncate font-mono text-[0.8125rem] text-muted">{model.id}</p>
      <div className="grid content-start gap-3">
        <p lang="en" className="line-clamp-2 text-sm text-muted">{model.info.description}</p>
        <div className="flex flex-wrap gap-1.5">
          <CapabilityBadges model={model} />
        </div>
      </div>
      <dl className="grid grid-cols-[3fr_6fr_4fr] gap-2 border-t border-line pt-3 text-sm tabular-nums">
        <Figure label={texts.context}>{formats.compact(model.info.contextLength)}</Figure>
        <Figure label={texts.inAndOut}>
          {price('input')} / {price('output')}
        </Figure>
        <Figure label={texts.speed}>{tps === undefined ? '–' : texts.perSecond(formats.number(tps))}</Figure>
      </dl>
    </article>
  )
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="font-medium whitespace-nowrap">{children}</dd>
    </div>
  )
}
