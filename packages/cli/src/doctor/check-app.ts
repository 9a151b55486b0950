import type { AppOptions, Clock } from '@kaimen/server'
import {
  code2Session,
  exchangeOAuthCode,
  getPaidUnionId,
  getPhoneNumber,
  getStableAccessToken,
  type Secret,
  type Text,
  type Wechat,
} from '@kaimen/wechat'
import { ask, errcodeOf, refusesCode, type Answer, type Sighting } from './ask.ts'
import { explain } from './explain.ts'
import { blocked, failed, ok, say, skipped, type Finding } from './finding.ts'

export type AppParts = {
  readonly wechat: Wechat
  readonly clock: Clock
  readonly sightings: Sighting[]
  /** Somebody who signed in to the app here; WeChat tells of a binding only when asked for one. */
  readonly findOpenid: (app_id: string) => string | undefined
}

/** Shaped like a code of each kind, and issued to nobody. */
const probeCode = 'kaimenDoctor00000000000000000000'
const probePhoneCode = '0'.repeat(64)
const probeOpenid = `o${'0'.repeat(27)}`
const probePayment = '4200000000000000000000000000'

/** Asks WeChat about one app. Every call is one that changes nothing. */
export async function checkApp(
  parts: AppParts,
  app: AppOptions,
  kind: NonNullable<AppOptions['kind']>,
): Promise<readonly Finding[]> {
  if (kind === 'website' || kind === 'mobile_app') {
    const login = await askLogin(parts, app, kind)
    return [
      readCredentials(login, refusesCode(login)),
      readLogin(login, login),
      ...inapplicable(kind),
    ]
  }
  const { app_id: appid, secret } = app
  // Never force_refresh: it would void the token that production is using.
  const token = await ask(parts, () => getStableAccessToken(parts.wechat, { appid, secret }))
  const access_token = token.kind === 'value' ? token.value.access_token : undefined
  const isMini = kind === 'mini_program'
  const [login, ...others] = await Promise.all([
    askLogin(parts, app, kind),
    ...(isMini
      ? [checkUnionid(parts, app, access_token), checkPhone(parts, access_token)]
      : inapplicable(kind)),
  ])
  return [readCredentials(token, token.kind === 'value'), readLogin(login, token), ...others]
}

/** Exchanges a code that nobody was given: that it is refused as a code is the good answer. */
function askLogin(parts: AppParts, app: AppOptions, kind: AppOptions['kind']) {
  const { app_id: appid, secret } = app
  return ask<unknown>(parts, () =>
    kind === 'mini_program'
      ? code2Session(parts.wechat, { appid, secret, js_code: probeCode })
      : exchangeOAuthCode(parts.wechat, { appid, secret, code: probeCode }),
  )
}

function readCredentials(answer: Answer<unknown>, isRight: boolean): Finding {
  if (isRight || answer.kind === 'value') {
    return ok(
      'credentials',
      say('WeChat knows the AppID and takes its AppSecret.', 'AppID 与 AppSecret 正确。'),
    )
  }
  return explain('credentials', answer.refusal)
}

function readLogin(login: Answer<unknown>, credentials: Answer<unknown>): Finding {
  if (login.kind === 'value' || refusesCode(login)) {
    return ok(
      'login',
      say(
        'WeChat exchanges login codes for this server.',
        '微信可以为本服务器换取登录 code（已用一个假 code 验证）。',
      ),
    )
  }
  const isSame = credentials.kind === 'refused' && errcodeOf(login) === errcodeOf(credentials)
  return isSame ? blocked('login') : explain('login', login.refusal)
}

async function checkUnionid(
  parts: AppParts,
  { app_id, open_platform = null }: AppOptions,
  access_token: Secret | undefined,
): Promise<Finding> {
  if (!access_token) return blocked('unionid')
  const openid = parts.findOpenid(app_id)
  const answer = await ask(parts, () =>
    getPaidUnionId(parts.wechat, {
      access_token,
      openid: openid ?? probeOpenid,
      transaction_id: probePayment,
    }),
  )
  const isSet = open_platform !== null
  const errcode = errcodeOf(answer)
  if (errcode === 89002) return readUnbound(isSet)
  if (errcode === 40003) return skipped('unionid', untold(openid !== undefined))
  if (answer.kind === 'value' || errcode === 89300) return readBound(isSet)
  return explain('unionid', answer.refusal)
}

/** WeChat looks at the openid first, and says nothing of the app where it is nobody's. */
function untold(isStored: boolean): Text {
  return isStored
    ? say(
        'Whether the app is bound to an Open Platform account could not be told: WeChat does not know the openid in this database. Does the database belong to another AppID?',
        '无法判断应用是否绑定了开放平台账号：微信不认识数据库中的 openid。数据库是否属于另一个 AppID？',
      )
    : say(
        'Whether the app is bound to an Open Platform account could not be told: WeChat says it only of somebody who signed in. Sign in once, then run kaimen doctor again.',
        '无法判断应用是否绑定了开放平台账号：微信只对登录过的用户给出答案。请先登录一次，再运行 kaimen doctor。',
      )
}

function readUnbound(isSet: boolean): Finding {
  if (!isSet) {
    return ok(
      'unionid',
      say(
        'The app is bound to no Open Platform account, and open_platform is not set.',
        '应用没有绑定开放平台账号，open_platform 也没有设置，两者一致。',
      ),
    )
  }
  return {
    ...failed(
      'unionid',
      say(
        'open_platform is set, but the app is bound to no Open Platform account: nobody gets a unionid, and the apps share no users.',
        '设置了 open_platform，但应用没有绑定开放平台账号：拿不到 unionid，各应用之间无法共用用户。',
      ),
      say(
        'Bind the app at open.weixin.qq.com, in its management centre, or take open_platform out of the settings.',
        '请在 open.weixin.qq.com 的管理中心绑定该应用，或去掉 open_platform 设置。',
      ),
    ),
    errcode: 89002,
  }
}

function readBound(isSet: boolean): Finding {
  if (isSet) {
    return ok(
      'unionid',
      say(
        'The app is bound to an Open Platform account, and open_platform is set.',
        '应用已绑定开放平台账号，open_platform 也已设置。',
      ),
    )
  }
  return failed(
    'unionid',
    say(
      'The app is bound to an Open Platform account, but open_platform is not set: unionids are ignored, and a person is another user in each app.',
      '应用已绑定开放平台账号，但没有设置 open_platform：unionid 会被忽略，同一个人在每个应用中都是不同的用户。',
    ),
    say(
      'Give every app of that account the same open_platform, any name, such as "our-company".',
      '请给该账号下的所有应用设置相同的 open_platform，名称任意，例如 "our-company"。',
    ),
  )
}

async function checkPhone(parts: AppParts, access_token: Secret | undefined): Promise<Finding> {
  if (!access_token) return blocked('phone')
  const answer = await ask(parts, () =>
    getPhoneNumber(parts.wechat, { access_token, code: probePhoneCode }),
  )
  if (answer.kind === 'value' || refusesCode(answer)) {
    return ok('phone', say('The app may ask for phone numbers.', '应用有获取手机号的权限。'))
  }
  if (errcodeOf(answer) !== 48001) return explain('phone', answer.refusal)
  return {
    ...explain('phone', answer.refusal),
    says: say(
      'The app may not ask for phone numbers (48001): its account is a personal one, or is not verified.',
      '应用没有获取手机号的权限（48001）：账号是个人主体，或尚未认证。',
    ),
    fix: say(
      'Have the account verified as an organisation’s in WeChat’s console. Until then phones can be proven by SMS only.',
      '请在微信后台以企业等主体完成认证；在此之前只能用短信验证手机号。',
    ),
  }
}

/** What WeChat offers no way to ask for apps of this kind. */
function inapplicable(kind: NonNullable<AppOptions['kind']>): readonly Finding[] {
  const isService = kind === 'service_account'
  return [
    skipped(
      'unionid',
      say(
        'Whether the app is bound to an Open Platform account is not asked: WeChat tells it of mini programs only.',
        '不检查是否绑定开放平台账号：微信只提供小程序的查询方式。',
      ),
    ),
    skipped(
      'phone',
      isService
        ? say(
            'Phone numbers are not asked for: service accounts have no phone button.',
            '不检查手机号权限：服务号没有手机号按钮。',
          )
        : say(
            'Phone numbers are not asked for: only mini programs have a phone button.',
            '不检查手机号权限：只有小程序有手机号按钮。',
          ),
    ),
  ]
}
