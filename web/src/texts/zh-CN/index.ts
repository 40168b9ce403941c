import type { Texts } from '..'
import { account } from './account'
import { common } from './common'
import { failure } from './failure'
import { keys } from './keys'
import { models } from './models'
import { nav } from './nav'
import { samples } from './samples'
import { schema } from './schema'
import { session } from './session'

export const zhCN: Texts = { account, common, failure, keys, models, nav, samples, schema, session }
