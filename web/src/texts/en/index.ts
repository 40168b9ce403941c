import { account } from './account'
import { billing } from './billing'
import { common } from './common'
import { failure } from './failure'
import { keys } from './keys'
import { nav } from './nav'
import { operator } from './operator'
import { session } from './session'

/** English, and with it the shape that every language has. Texts with values in them are functions. */
export const en = { account, billing, common, failure, keys, nav, operator, session }
