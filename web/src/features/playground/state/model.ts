import type { ModelList } from '@/shared/api/schemas'

/** A model as the catalogue tells of it. */
export type ModelEntry = ModelList['data'][number]
