import type { Texts } from '..'
import { account } from './account'
import { billing } from './billing'
import { common } from './common'
import { failure } from './failure'
import { keys } from './keys'
import { nav } from './nav'
import { operator } from './operator'
import { session } from './session'

export const zhCN: Texts = { account, billing, common, failure, keys, nav, operator, session }
