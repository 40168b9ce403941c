import type { Texts } from '..'
import { account } from './account'
import { common } from './common'
import { docs } from './docs'
import { failure } from './failure'
import { keys } from './keys'
import { markdown } from './markdown'
import { nav } from './nav'
import { playground } from './playground'
import { samples } from './samples'
import { schema } from './schema'
import { session } from './session'

export const zhCN: Texts = { account, common, docs, failure, keys, markdown, nav, playground, samples, schema, session }
