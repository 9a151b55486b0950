import { authorize } from './authorize.ts'
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
import { getwxacodeunlimit } from './getwxacodeunlimit.ts'
import { jscode2session } from './jscode2session.ts'
import { oauth2AccessToken } from './oauth2-access-token.ts'
import { oauth2RefreshToken } from './oauth2-refresh-token.ts'
import { qrconnect } from './qrconnect.ts'
import { quotaClear } from './quota-clear.ts'
import { quotaGet } from './quota-get.ts'
import { resetusersessionkey } from './resetusersessionkey.ts'
import { ridGet } from './rid-get.ts'
import { snsAuth } from './sns-auth.ts'
import { snsUserinfo } from './sns-userinfo.ts'
import { stableToken } from './stable-token.ts'
import { token } from './token.ts'
import { userInfo } from './user-info.ts'

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
  getwxacodeunlimit,
  // Web pages of service accounts and websites
  authorize,
  qrconnect,
  oauth2AccessToken,
  oauth2RefreshToken,
  snsAuth,
  snsUserinfo,
  userInfo,
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
