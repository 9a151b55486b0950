import {
  checkEncryptedMessage,
  checkOAuthToken,
  checkSessionKey,
  clearApiQuota,
  clearQuota,
  clearQuotaByAppSecret,
  code2Session,
  exchangeOAuthCode,
  getAccessToken,
  getApiQuota,
  getFollower,
  getOpenData,
  getPaidUnionId,
  getPhoneNumber,
  getPluginOpenPId,
  getRidInfo,
  getStableAccessToken,
  getUnlimitedQRCode,
  getUserEncryptKey,
  getUserInfo,
  refreshOAuthToken,
  resetUserSessionKey,
} from '../../src/index.ts'
import type { Wechat } from '../../src/index.ts'

const appid = 'wx1'
const openid = 'oOpenid'
const secret = 'CANARYsecret"\\+/='
const access_token = 'CANARYtoken"\\+/='
const session_key = 'CANARYkey+/=='
const code = 'CANARYcode'
const signed = { access_token, openid, session_key }

interface Call {
  readonly make: (wechat: Wechat) => Promise<unknown>
  /** A reply that is as it should be. */
  readonly good: object
}

const token = { access_token: 'CANARYa', expires_in: 7200 }
const oauth = { ...token, refresh_token: 'CANARYr', openid, scope: 'snsapi_base' }

/** Every call of the package, by its name in errors. */
export const allCalls: Readonly<Record<string, Call>> = {
  code2Session: {
    make: (wechat) => code2Session(wechat, { appid, secret, js_code: code }),
    good: { openid, session_key: 'CANARYk' },
  },
  checkSessionKey: { make: (wechat) => checkSessionKey(wechat, signed), good: {} },
  resetUserSessionKey: {
    make: (wechat) => resetUserSessionKey(wechat, signed),
    good: { openid, session_key: 'CANARYk' },
  },
  getPhoneNumber: {
    make: (wechat) => getPhoneNumber(wechat, { access_token, code, openid }),
    good: { phone_info: { phoneNumber: '1', purePhoneNumber: '1', countryCode: 86 } },
  },
  checkEncryptedMessage: {
    make: (wechat) => checkEncryptedMessage(wechat, { access_token, encryptedData: 'AAAA' }),
    good: { vaild: true, create_time: 1 },
  },
  getPluginOpenPId: {
    make: (wechat) => getPluginOpenPId(wechat, { access_token, code }),
    good: { openpid: 'o1' },
  },
  getPaidUnionId: {
    make: (wechat) => getPaidUnionId(wechat, { access_token, openid, transaction_id: '1' }),
    good: { unionid: 'u1' },
  },
  getUserEncryptKey: {
    make: (wechat) => getUserEncryptKey(wechat, signed),
    good: {
      key_info_list: [
        {
          encrypt_key: 'CANARYe',
          version: 1,
          expire_in: 1,
          iv: '0011223344556677',
          create_time: 1,
        },
      ],
    },
  },
  getOpenData: {
    make: (wechat) => getOpenData(wechat, { access_token, openid, cloudid_list: ['1'] }),
    good: { data_list: [{ cloud_id: '1', json: '{"cloudID":"1","data":{"a":1}}' }] },
  },
  getUnlimitedQRCode: {
    make: (wechat) => getUnlimitedQRCode(wechat, { access_token, scene: 'a' }),
    good: { errcode: 40129 },
  },
  getAccessToken: { make: (wechat) => getAccessToken(wechat, { appid, secret }), good: token },
  getStableAccessToken: {
    make: (wechat) => getStableAccessToken(wechat, { appid, secret }),
    good: token,
  },
  clearQuota: { make: (wechat) => clearQuota(wechat, { access_token, appid }), good: {} },
  clearQuotaByAppSecret: {
    make: (wechat) => clearQuotaByAppSecret(wechat, { appid, appsecret: secret }),
    good: {},
  },
  clearApiQuota: {
    make: (wechat) => clearApiQuota(wechat, { access_token, cgi_path: '/a' }),
    good: {},
  },
  getApiQuota: {
    make: (wechat) => getApiQuota(wechat, { access_token, cgi_path: '/a' }),
    good: { quota: { daily_limit: 1, used: 1, remain: 0 }, rate_limit: { call_count: 1 } },
  },
  getRidInfo: {
    make: (wechat) => getRidInfo(wechat, { access_token, rid: '1-2-3' }),
    good: { request: { request_url: 'CANARYu' } },
  },
  exchangeOAuthCode: {
    make: (wechat) => exchangeOAuthCode(wechat, { appid, secret, code }),
    good: oauth,
  },
  refreshOAuthToken: {
    make: (wechat) => refreshOAuthToken(wechat, { appid, refresh_token: 'CANARYr"\\' }),
    good: oauth,
  },
  checkOAuthToken: {
    make: (wechat) => checkOAuthToken(wechat, { access_token, openid }),
    good: {},
  },
  getUserInfo: {
    make: (wechat) => getUserInfo(wechat, { access_token, openid }),
    good: { openid, nickname: 'n', privilege: ['a', 1] },
  },
  getFollower: {
    make: (wechat) => getFollower(wechat, { access_token, openid }),
    good: { openid, subscribe: 1, subscribe_time: 5 },
  },
}
