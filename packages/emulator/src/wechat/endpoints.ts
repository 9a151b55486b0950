import { checkencryptedmsg } from './checkencryptedmsg.ts'
import { checksession } from './checksession.ts'
import { clearQuotaV2 } from './clear-quota-v2.ts'
import { clearQuota } from './clear-quota.ts'
import type { Endpoint } from './endpoint.ts'
import { getopendata } from './getopendata.ts'
import { getpaidunionid } from './getpaidunionid.ts'
import { getpluginopenpid } from './getpluginopenpid.ts'
import { getuserencryptkey } from './getuserencryptkey.ts'
import { getuserphonenumber } from './getuserphonenumber.ts'
import { jscode2session } from './jscode2session.ts'
import { quotaClear } from './quota-clear.ts'
import { quotaGet } from './quota-get.ts'
import { resetusersessionkey } from './resetusersessionkey.ts'
import { ridGet } from './rid-get.ts'
import { stableToken } from './stable-token.ts'
import { token } from './token.ts'

const all: readonly Endpoint[] = [
  // Mini programs
  jscode2session,
  checksession,
  resetusersessionkey,
  getuserphonenumber,
  checkencryptedmsg,
  getpluginopenpid,
  getpaidunionid,
  getuserencryptkey,
  getopendata,
  // Tokens of an app
  token,
  stableToken,
  // Quotas and refusals
  clearQuota,
  clearQuotaV2,
  quotaGet,
  quotaClear,
  ridGet,
]

/** The paths of WeChat's that are answered. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  all.map((endpoint) => [endpoint.path, endpoint]),
)
