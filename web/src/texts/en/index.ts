import { account } from './account'
import { billing } from './billing'
import { common } from './common'
import { docs } from './docs'
import { failure } from './failure'
import { keys } from './keys'
import { markdown } from './markdown'
import { models } from './models'
import { nav } from './nav'
import { operator } from './operator'
import { samples } from './samples'
import { schema } from './schema'
import { session } from './session'

/** English, and with it the shape that every language has. Texts with values in them are functions. */
export const en = { account, billing, common, docs, failure, keys, markdown, models, nav, operator, samples, schema, session }
