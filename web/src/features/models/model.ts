import type { ModelList, ModelSpeed } from '@/shared/api/schemas'
import { CREDITS_PER_USD } from '@/shared/lib/format'

export type Model = ModelList['data'][number]
export type Speeds = Map<string, ModelSpeed>
export type Meter = 'input' | 'cached_input' | 'output' | 'reasoning'

/** Who answers on this server: the model itself, a smaller one in its place, or nobody. */
export type Answering = 'itself' | 'standIn' | 'nobody'

export function answering(model: Model): Answering {
  if (model.info.standIn) return 'standIn'
  return model.info.servedBy ? 'itself' : 'nobody'
}

/** US dollars for a million tokens, or null where the model has no price. */
export function pricePerMillionUsd(model: Model, meter: Meter): number | null {
  const unit = model.pricing?.units.find((one) => one.name === meter)
  return unit ? (unit.price / unit.per) * 1_000_000 : null
}

/** Whole credits for a million tokens; rounding takes away what binary fractions add. */
export function creditsPerMillion(usd: number): number {
  return Math.round(usd * CREDITS_PER_USD)
}

export function canReason(model: Model): boolean {
  return model.capabilities?.includes('reasoning') ?? false
}

/** The model that goes by a name: its id or an alias. */
export function findModel(models: Model[], name: string): Model | undefined {
  return models.find((model) => model.id === name) ?? models.find((model) => model.aliases.includes(name))
}
