import { account } from './account'
import { common } from './common'
import { docs } from './docs'
import { failure } from './failure'
import { home } from './home'
import { keys } from './keys'
import { markdown } from './markdown'
import { nav } from './nav'
import { receipt } from './receipt'
import { samples } from './samples'
import { schema } from './schema'
import { session } from './session'
import { usage } from './usage'

/** English, and with it the shape that every language has. Texts with values in them are functions. */
export const en = { account, common, docs, failure, home, keys, markdown, nav, receipt, samples, schema, session, usage }
