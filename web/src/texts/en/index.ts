import { account } from './account'
import { billing } from './billing'
import { common } from './common'
import { docs } from './docs'
import { failure } from './failure'
import { home } from './home'
import { keys } from './keys'
import { markdown } from './markdown'
import { models } from './models'
import { nav } from './nav'
import { operator } from './operator'
import { receipt } from './receipt'
import { samples } from './samples'
import { schema } from './schema'
import { session } from './session'
import { usage } from './usage'

/** English, and with it the shape that every language has. Texts with values in them are functions. */
export const en = { account, billing, common, docs, failure, home, keys, markdown, models, nav, operator, receipt, samples, schema, session, usage }
