import { account } from '@kaimen/client/account'
import { auth } from './auth.js'

export const me = account(auth)
