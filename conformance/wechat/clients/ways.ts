import assert from 'node:assert/strict'
import type { Case, Defect, Trial } from '../kit/case.ts'
import { expectError, expectFields, expectNoSecret, expectTold } from '../kit/expect.ts'
import { textIn } from '../kit/wechat.ts'
import type { App, Fields, WeChat } from '../kit/wechat.ts'

/** Something that a client asks of WeChat, and that can go wrong. */
export interface Way {
  /** What the client does, such as `exchanges a code of wx.login`. */
  readonly does: string
  readonly operation: string
  /** Where WeChat is asked. */
  readonly path: string
  readonly app: (wechat: WeChat) => App
  /** What the operation takes beside the app; a code of it is fresh. */
  readonly input?: (wechat: WeChat, app: App) => Promise<object>
  /** @throws AssertionError if that is no success. */
  readonly worth?: (fields: Fields) => void
  /** What WeChat answers to the same input twice. Without it, that is not tried. */
  readonly usedErrcode?: number
  /** What a client that hangs is told to wait; without it, it has its own idea, or none. */
  readonly timeoutMs?: number
  /**
   * How long a client is watched that waits for an answer. Default 8 seconds with `timeoutMs`, 2.5
   * without.
   */
  readonly patienceMs?: number
  readonly defects?: Partial<Record<Situation, Defect>>
}

type Situation = keyof typeof titles

const titles = {
  success: (does: string) => `it ${does}`,
  used: (does: string) => `when it ${does} that was used before, it tells so`,
  wrong_secret: (does: string) => `when it ${does} by a wrong AppSecret, it tells so`,
  whitelist: (does: string) => `when it ${does} off the whitelist, it tells so`,
  busy: (does: string) => `when it ${does} and WeChat is busy, it tells so`,
  html: (does: string) => `when it ${does} and a gateway answers HTML, it throws`,
  secrecy: (does: string) =>
    `when it ${does} and a gateway answers HTML, its error has no AppSecret`,
  empty: (does: string) => `when it ${does} and nothing is answered, it throws`,
  cut: (does: string) => `when it ${does} and the answer breaks off, it throws`,
  reset: (does: string) => `when it ${does} and the connection is reset, it throws`,
  hang: (does: string) => `when it ${does} and WeChat hangs, it gives up`,
}

/** Every situation of a way, as cases. */
export function casesOf(way: Way): readonly Case[] {
  const { path, app: appIn, input = async () => ({}), operation, timeoutMs } = way
  const { patienceMs = timeoutMs ? 8_000 : 2_500 } = way
  const prepare = async ({ wechat }: Trial) => {
    const app = appIn(wechat)
    const given = await input(wechat, app)
    return { app, given: { ...app, ...given } }
  }
  const underFault = (fault: object, judge: (app: App, trial: Trial, given: object) => unknown) => {
    return async (trial: Trial) => {
      const { app, given } = await prepare(trial)
      await trial.wechat.control('faults', { path, ...fault })
      await judge(app, trial, given)
    }
  }
  const runs: Record<Situation, (trial: Trial) => Promise<void>> = {
    async success(trial) {
      const { given } = await prepare(trial)
      const fields = expectFields(await trial.call(operation, given))
      assert.equal(fields['errcode'] ?? 0, 0, JSON.stringify(fields))
      way.worth?.(fields)
    },
    async used(trial) {
      const { given } = await prepare(trial)
      await trial.call(operation, given)
      expectTold(await trial.call(operation, given), way.usedErrcode ?? 0)
    },
    async wrong_secret(trial) {
      const { given } = await prepare(trial)
      const secret = 'f'.repeat(32)
      expectTold(await trial.call(operation, { ...given, secret }), 40125)
    },
    async whitelist(trial) {
      const { app, given } = await prepare(trial)
      await trial.wechat.turn(app, { ip_whitelist: ['203.0.113.7'] })
      expectTold(await trial.call(operation, given), 40164)
    },
    busy: underFault({ fault: 'errcode', errcode: -1 }, async (_app, { call }, given) => {
      expectTold(await call(operation, given), -1)
    }),
    html: underFault({ fault: 'html' }, async (_app, { call }, given) => {
      expectError(await call(operation, given))
    }),
    secrecy: underFault({ fault: 'html' }, async (app, { call }, given) => {
      expectNoSecret(await call(operation, given), app)
    }),
    empty: underFault({ fault: 'empty' }, async (_app, { call }, given) => {
      expectError(await call(operation, given))
    }),
    cut: underFault({ fault: 'truncate' }, async (_app, { call }, given) => {
      expectError(await call(operation, given, patienceMs))
    }),
    reset: underFault({ fault: 'reset' }, async (_app, { call }, given) => {
      expectError(await call(operation, given, patienceMs))
    }),
    hang: underFault({ fault: 'hang' }, async (_app, { call }, given) => {
      expectError(await call(operation, { ...given, timeout: timeoutMs }, patienceMs))
    }),
  }
  return Object.entries(runs)
    .filter(([situation]) => situation !== 'used' || way.usedErrcode !== undefined)
    .map(([situation, run]) => {
      const defect = way.defects?.[situation as Situation]
      return { title: titles[situation as Situation](way.does), run, ...(defect && { defect }) }
    })
}

/** An HTTP client that waits for ever, and no option to tell it otherwise. */
export const noTimeout: Defect = {
  reason: 'sets no timeout, and its calls take none',
  shows: /^no error but \{"kind":"nothing"\}/,
}

/** What is no JSON is handed on as if WeChat had granted something. */
export const emptyIsSuccess: Defect = {
  reason: 'takes an answer that is no JSON for success',
  shows: /^no error but \{"kind":"value"/,
}

/** An exception where nobody can catch it. */
export const emptyIsCrash: Defect = {
  reason: 'reads a field of null in a callback, which ends the whole process',
  shows: /^no error but \{"kind":"crash"\}/,
}

/** The address, AppSecret and all, in the text of an error that people log. */
export const secretInError: Defect = {
  reason: 'puts the whole address into the text of its error',
  shows: /^the AppSecret is in the error/,
}

/** No request in flight is shared. */
export const stampede: Defect = {
  reason: 'shares no request in flight',
  shows: /^10 requests for a token/,
}

/** A template string in place of an encoder. */
export const unescaped: Defect = {
  reason: 'builds the address without escaping the code',
  shows: /^WeChat was sent another parameter/,
}

/** The subject is `unionid ?? openid`. */
export const subjectFlips: Defect = {
  reason: 'knows a person by unionid where there is one and by openid where there is none',
  shows: /^the person became another account/,
}

/** A code of wx.login is exchanged. */
export const loginWay = {
  does: 'exchanges a code of wx.login',
  operation: 'code2session',
  path: '/sns/jscode2session',
  app: ({ miniProgram }) => miniProgram,
  input: async ({ login }, app) => ({ code: await login(app) }),
  worth(fields) {
    assert.match(textIn(fields, 'openid'), /^o[\w-]{27}$/)
    assert.equal(Buffer.from(textIn(fields, 'session_key'), 'base64').length, 16)
    textIn(fields, 'unionid')
  },
  usedErrcode: 40163,
} as const satisfies Way

/** A code of a service account's page is exchanged. */
export const exchangeWay = {
  does: 'exchanges a code of OAuth',
  operation: 'exchange',
  path: '/sns/oauth2/access_token',
  app: ({ serviceAccount }) => serviceAccount,
  input: async ({ webCode }, app) => ({
    code: await webCode(app, 'snsapi_userinfo'),
    scope: 'snsapi_userinfo',
  }),
  worth(fields) {
    textIn(fields, 'access_token')
    textIn(fields, 'refresh_token')
    assert.equal(fields['expires_in'], 7200)
    assert.match(textIn(fields, 'openid'), /^o[\w-]{27}$/)
  },
  usedErrcode: 40163,
} as const satisfies Way

/** The profile of a person who allowed a service account. */
export const userWay = {
  ...exchangeWay,
  does: 'reads the profile behind a code of OAuth',
  operation: 'userByCode',
  worth(fields) {
    assert.match(textIn(fields, 'openid'), /^o[\w-]{27}$/)
    assert.equal(fields['nickname'], '李华')
  },
} as const satisfies Way

/** An access_token of the app itself. */
export const tokenWay = {
  does: 'fetches an access_token',
  operation: 'token',
  path: '/cgi-bin/token',
  app: ({ miniProgram }) => miniProgram,
  worth: (fields) => assert.match(textIn(fields, 'access_token'), /^\d+_[\w-]{50,}$/),
} as const satisfies Way

/** The phone number behind a code. */
export const phoneWay = {
  does: 'reads the phone number behind a code',
  operation: 'phoneNumber',
  path: '/wxa/business/getuserphonenumber',
  app: ({ miniProgram }) => miniProgram,
  input: async ({ phoneCode }, app) => ({ code: await phoneCode(app) }),
  worth(fields) {
    assert.equal(textIn(fields['phone_info'], 'purePhoneNumber'), '13800138001')
  },
  usedErrcode: 40029,
} as const satisfies Way

/** What WeChat says of a person by the token of the app. */
export const followerWay = {
  does: 'reads whether a person follows',
  operation: 'follower',
  path: '/cgi-bin/user/info',
  app: ({ serviceAccount }) => serviceAccount,
  input: async ({ webTokens }, app) => ({
    openid: (await webTokens(app, 'snsapi_base'))['openid'],
  }),
  worth: (fields) => assert.equal(fields['subscribe'], 0),
} as const satisfies Way

/** An address of a page leads a person to a code. */
export function leadsToCode(
  operation: string,
  appIn: (wechat: WeChat) => App,
  defect?: Defect,
): Case {
  return {
    title: `a person who opens its ${operation === 'qrUrl' ? 'QR page' : 'authorize page'} comes back with a code`,
    async run({ wechat, call }) {
      const app = appIn(wechat)
      const page = { redirectUri: 'https://shop.example.com/callback', state: 'abc' }
      const outcome = await call(operation, { ...app, ...page, scope: 'snsapi_userinfo' })
      assert.ok(outcome.kind === 'value', JSON.stringify(outcome))
      const url = String(outcome.value)
      const opened = await fetch(`${wechat.url}/emulator/authorize`, {
        method: 'POST',
        body: JSON.stringify({ url, person: 'li-hua', decision: 'allow' }),
      })
      const said = await opened.text()
      assert.equal(opened.status, 200, said)
      const { location } = JSON.parse(said) as { location: string }
      const back = new URL(location)
      assert.equal(back.searchParams.get('state'), 'abc')
      assert.match(back.searchParams.get('code') ?? '', /^\w{32}$/)
    },
    ...(defect && { defect }),
  }
}

/** The first calls at once ask WeChat for one token. */
export function asksOnce(path: string, defect?: Defect): Case {
  return {
    title: 'ten first calls at once fetch one access_token',
    async run({ wechat, call, countCalls }) {
      expectFields(await call('coldTokens', { ...wechat.miniProgram, count: 10 }))
      assert.equal(await countCalls(path), 1, `${await countCalls(path)} requests for a token`)
    },
    ...(defect && { defect }),
  }
}

/** What a person has to stay, whatever an operator binds. */
export function staysTheSame(subjectOf: (fields: Fields) => string, defect?: Defect): Case {
  return {
    title: 'a person stays the same account when the app joins an Open Platform account',
    async run({ wechat, call }) {
      const { website, turn, webCode } = wechat
      const sign = async () => {
        const code = await webCode(website, 'snsapi_login')
        return subjectOf(expectFields(await call('userByCode', { ...website, code })))
      }
      await turn(website, { open_platform: null })
      const before = await sign()
      await turn(website, { open_platform: 'open-platform-1' })
      const after = await sign()
      assert.equal(after, before, 'the person became another account')
    },
    ...(defect && { defect }),
  }
}

/** A code that ends in `&…` must reach WeChat as one value. */
export function escapesTheCode(defect?: Defect): Case {
  return {
    title: 'what a stranger puts behind a code does not become a parameter',
    async run({ wechat, call }) {
      const code = `${await wechat.login()}&x=1`
      const outcome = await call('code2session', { ...wechat.miniProgram, code })
      assert.ok(!JSON.stringify(outcome).includes('openid'), 'WeChat was sent another parameter')
    },
    ...(defect && { defect }),
  }
}

/** The scope forbids `/sns/userinfo`; the client says so. */
export function tellsOfUserInfo(appIn: (wechat: WeChat) => App, defect?: Defect): Case {
  return {
    title: 'what /sns/userinfo refuses is an error',
    async run({ wechat, call }) {
      const app = appIn(wechat)
      const scope = app === wechat.website ? 'snsapi_login' : 'snsapi_userinfo'
      const code = await wechat.webCode(app, scope)
      await wechat.control('faults', { path: '/sns/userinfo', fault: 'errcode', errcode: 48001 })
      expectTold(await call('userByCode', { ...app, code, scope }), 48001)
    },
    ...(defect && { defect }),
  }
}

/** Refreshing needs the refresh_token alone. */
export const refreshes: Case = {
  title: 'it refreshes a person’s token',
  async run({ wechat, call }) {
    const { refresh_token } = await wechat.webTokens(wechat.website, 'snsapi_login')
    const fields = expectFields(await call('refresh', { ...wechat.website, refresh_token }))
    assert.ok(fields['access_token'] ?? fields['accessToken'], JSON.stringify(fields))
  },
}

/** `/sns/auth`. */
export const checksToken: Case = {
  title: 'it checks a person’s token',
  async run({ wechat, call }) {
    const { access_token, openid } = await wechat.webTokens(wechat.website, 'snsapi_login')
    const good = expectFields(await call('check', { ...wechat.website, access_token, openid }))
    assert.equal(good['errcode'], 0)
    const bad = await call('check', { ...wechat.website, access_token: '98_made-up', openid })
    assert.match(JSON.stringify(bad), /invalid/)
  },
}
