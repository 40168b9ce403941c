import type { Texts } from '..'
import { common } from './common'
import { failure } from './failure'
import { nav } from './nav'
import { session } from './session'

export const zhCN: Texts = { common, failure, nav, session }
