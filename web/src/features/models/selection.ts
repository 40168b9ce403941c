import { type Model, pricePerMillionUsd, type Speeds } from './model'

export const SORTS = ['featured', 'name', 'price', 'context', 'speed'] as const
export type Sort = (typeof SORTS)[number]

/** The most that a million tokens of the answer may cost, in US dollars. */
export const PRICES = [0.5, 1, 2] as const

/** What of the catalogue is shown, and how; it stands in the page's address, so that it can be sent and kept. */
export interface Selection {
  q?: string
  capabilities?: string[]
  modality?: string
  provider?: string
  /** US dollars for a million tokens of the answer, at most. */
  price?: number
  sort?: Exclude<Sort, 'featured'>
  view?: 'table'
}

/** Read a selection from an address; what is none is left aside. */
export function readSelection(search: Record<string, unknown>): Selection {
  const text = (name: string) => (typeof search[name] === 'string' && search[name] !== '' ? search[name] : undefined)
  const { capabilities, price } = search
  const given = Array.isArray(capabilities) ? capabilities.filter((one): one is string => typeof one === 'string') : []
  const sort = SORTS.find((one) => one === search.sort)
  return withoutEmpty({
    q: text('q'),
    capabilities: given.length > 0 ? given : undefined,
    modality: text('modality'),
    provider: text('provider'),
    price: typeof price === 'number' && price >= 0 ? price : undefined,
    sort: sort === 'featured' ? undefined : sort,
    view: search.view === 'table' ? 'table' : undefined,
  })
}

type Loose = { [Name in keyof Selection]: Selection[Name] | undefined }

export function withoutEmpty(selection: Loose): Selection {
  return Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined))
}

/** The models that the selection leaves, in its order. */
export function select(models: Model[], selection: Selection, speeds: Speeds): Model[] {
  const words = (selection.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const kept = models.filter(
    (model) =>
      words.every((word) => searchedText(model).includes(word)) &&
      (selection.capabilities ?? []).every((one) => model.capabilities?.includes(one)) &&
      (!selection.modality || model.modalities?.input.includes(selection.modality)) &&
      (!selection.provider || model.info.developer === selection.provider) &&
      (selection.price === undefined || (pricePerMillionUsd(model, 'output') ?? Infinity) <= selection.price),
  )
  const order = ORDERS[selection.sort ?? 'featured']
  return order ? kept.sort((one, other) => order(one, other, speeds) || one.id.localeCompare(other.id)) : kept
}

function searchedText(model: Model): string {
  return [model.id, ...model.aliases, model.info.name, model.info.developer, model.info.description].join(' ').toLowerCase()
}

type Order = (one: Model, other: Model, speeds: Speeds) => number

/** `featured` is the catalogue's own order. What is not known comes last. */
const ORDERS: Record<Sort, Order | null> = {
  featured: null,
  name: (one, other) => one.info.name.localeCompare(other.info.name),
  price: (one, other) => difference(totalPrice(one), totalPrice(other)),
  context: (one, other) => other.info.contextLength - one.info.contextLength,
  speed: (one, other, speeds) => difference(-tokensPerSecond(one, speeds), -tokensPerSecond(other, speeds)),
}

/** Infinite ones are equal, where a subtraction would say nothing. */
function difference(one: number, other: number): number {
  return one === other ? 0 : one - other
}

function totalPrice(model: Model): number {
  return (pricePerMillionUsd(model, 'input') ?? Infinity) + (pricePerMillionUsd(model, 'output') ?? Infinity)
}

function tokensPerSecond(model: Model, speeds: Speeds): number {
  return speeds.get(model.id)?.tps?.p50 ?? -Infinity
}

/** Every value that some model has, in alphabetical order, for the filters. */
export function valuesOf(models: Model[], valuesIn: (model: Model) => string[]): string[] {
  return [...new Set(models.flatMap(valuesIn))].sort((one, other) => one.localeCompare(other))
}
