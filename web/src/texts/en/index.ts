import { account } from './account'
import { common } from './common'
import { failure } from './failure'
import { keys } from './keys'
import { markdown } from './markdown'
import { nav } from './nav'
import { session } from './session'

/** English, and with it the shape that every language has. Texts with values in them are functions. */
export const en = { account, common, failure, keys, markdown, nav, session }
