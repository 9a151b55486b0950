import { Auth, customFetch } from '@auth/core'
import type { AuthConfig } from '@auth/core'
import type { OAuth2Config } from '@auth/core/providers'
import type { TokenSet } from '@auth/core/types'
import type { Wechat } from '@kaimen/wechat'
import { bridgeWechat, startPathOf } from './bridge.ts'
import { knowPerson } from './person.ts'
import type { Person, WechatApp } from './person.ts'
import type { Users } from './users.ts'

export interface AuthJsRecipe {
  readonly wechat: Wechat
  readonly apps: readonly WechatApp[]
  readonly users: Users
  readonly baseUrl: string
  readonly secret: string
  /** Where WeChat's pages are, if not at WeChat. */
  readonly openUrl?: string
}

declare module '@auth/core/types' {
  interface User {
    unionid?: string | undefined
    is_snapshotuser?: boolean
  }
}

export function makeAuthJs({ wechat, apps, users, baseUrl, secret, openUrl }: AuthJsRecipe) {
  const config: AuthConfig = {
    basePath: '/auth',
    secret,
    trustHost: true,
    providers: apps.map((app) => signInByWechat(wechat, app, baseUrl)),
    pages: { error: '/failed' },
    callbacks: {
      // Made up: whoever opens an account on it can never come back to it.
      signIn: ({ user }) => (user.is_snapshotuser ? '/failed?error=snapshot_user' : true),
      jwt({ token, user, account }) {
        // At a sign-in. Without this, `sub` is another random id each time.
        if (!account) return token
        const { provider: appid, providerAccountId: openid } = account
        const { unionid, name } = user
        return { ...token, sub: users.signIn(appid, { openid, unionid, nickname: name ?? '' }).id }
      },
      session: ({ session: { expires, user }, token: { sub = '' } }) => ({
        expires,
        user: { ...user, id: sub },
      }),
    },
  }

  return bridgeWechat((request) => Auth(request, config), {
    apps,
    baseUrl,
    callbacks: '/auth/callback',
    openUrl,
  })
}

/** Each app is a provider under its appid, so that an account's key is (appid, openid). */
function signInByWechat(wechat: Wechat, app: WechatApp, baseUrl: string): OAuth2Config<Person> {
  return {
    id: app.appid,
    name: app.kind === 'website' ? 'WeChat' : 'WeChat, inside its app',
    type: 'oauth',
    checks: ['state'],
    clientId: app.appid,
    client: { token_endpoint_auth_method: 'none' },
    authorization: baseUrl + startPathOf(app),
    // WeChat's answer is no OAuth 2.0, so Auth.js's request for a token stays here: what it takes
    // for one is the code, which `userinfo` exchanges.
    token: 'https://api.weixin.qq.com/sns/oauth2/access_token',
    [customFetch]: (_url, init) => {
      const code = init?.body instanceof URLSearchParams ? init.body.get('code') : null
      return Promise.resolve(Response.json({ access_token: code, token_type: 'bearer' }))
    },
    userinfo: {
      url: 'https://api.weixin.qq.com/sns/userinfo',
      request: ({ tokens }: { tokens: TokenSet }) =>
        knowPerson(wechat, app, tokens.access_token ?? ''),
    },
    profile: ({ openid, unionid, is_snapshotuser, nickname, headimgurl }) => ({
      id: openid,
      unionid,
      is_snapshotuser,
      name: nickname,
      image: headimgurl,
    }),
    // With an adapter: neither code nor tokens are worth keeping.
    account: () => ({}),
  }
}
