import type { Texts } from '..'
import { account } from './account'
import { common } from './common'
import { failure } from './failure'
import { keys } from './keys'
import { markdown } from './markdown'
import { nav } from './nav'
import { session } from './session'

export const zhCN: Texts = { account, common, failure, keys, markdown, nav, session }
