import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Wechat } from '@kaimen/wechat'
import { betterAuth } from 'better-auth'
import type { AuthContext, BetterAuthOptions, BetterAuthPlugin } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import type { OAuthProvider } from 'better-auth/oauth2'
import { bridgeWechat, startPathOf } from './bridge.ts'
import { knowPerson } from './person.ts'
import type { Person, WechatApp } from './person.ts'

export interface BetterAuthRecipe {
  readonly wechat: Wechat
  readonly apps: readonly WechatApp[]
  readonly database: DatabaseSync
  readonly baseUrl: string
  readonly secret: string
  /** Where WeChat's pages are, if not at WeChat. */
  readonly openUrl?: string
}

export async function makeBetterAuth(recipe: BetterAuthRecipe) {
  const { wechat, apps, database, baseUrl, secret, openUrl } = recipe
  const options = {
    database,
    baseURL: baseUrl,
    secret,
    plugins: [signInByWechat(wechat, apps)],
    user: {
      // Made up: whoever opens an account on it can never come back to it.
      validateUserInfo: ({ source }) =>
        source.oauth?.profile?.['is_snapshotuser'] ? { error: 'snapshot_user' } : undefined,
    },
    // By e-mail; ours are none.
    account: { accountLinking: { enabled: false } },
    onAPIError: { errorURL: `${baseUrl}/failed` },
    telemetry: { enabled: false },
  } satisfies BetterAuthOptions
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  const auth = betterAuth(options)

  return bridgeWechat((request) => auth.handler(request), {
    apps,
    baseUrl,
    callbacks: '/api/auth/callback',
    openUrl,
  })
}

/** Each app is a provider under its appid, so that an account's key is (appid, openid). */
function signInByWechat(wechat: Wechat, apps: readonly WechatApp[]): BetterAuthPlugin {
  // From the exchange to the account, past what Better Auth would keep of WeChat's tokens.
  const people = new WeakMap<object, Person>()

  function provide(context: AuthContext, app: WechatApp): OAuthProvider<Person> {
    return {
      id: app.appid,
      name: 'WeChat',
      createAuthorizationURL({ state }) {
        const url = new URL(startPathOf(app), context.baseURL)
        url.searchParams.set('state', state)
        return url
      },
      async validateAuthorizationCode({ code }) {
        const raw = {}
        people.set(raw, await knowPerson(wechat, app, code))
        return { raw }
      },
      async getUserInfo({ raw = {} }) {
        const person = people.get(raw)
        if (person === undefined) return null
        if (!person.is_snapshotuser) await findOrMake(context, app, person)
        return { user: describe(app, person), data: person }
      },
      accountSubject: ({ profile }) => profile.openid,
    }
  }

  return {
    id: 'sign-in-by-wechat',
    schema: {
      account: {
        fields: { unionid: { type: 'string', required: false, input: false, returned: false } },
      },
    },
    init: (context) => ({
      context: {
        socialProviders: [...apps.map((app) => provide(context, app)), ...context.socialProviders],
      },
    }),
  }
}

/** Better Auth itself would look for a user by e-mail; here the unionid says who is who. */
async function findOrMake(context: AuthContext, app: WechatApp, person: Person): Promise<void> {
  const { adapter, internalAdapter } = context
  const { openid, unionid } = person
  const account = { providerId: app.appid, accountId: openid, unionid }
  const known = await internalAdapter.findAccountByKey(account)
  if (known) {
    // It may come late, once the app is bound to an Open Platform account.
    if (unionid !== undefined) await internalAdapter.updateAccount(known.id, account)
    return
  }
  const where = [{ field: 'unionid', value: unionid ?? '' }]
  const same = await adapter.findOne<{ userId: string }>({ model: 'account', where })
  if (same) await internalAdapter.linkAccount({ ...account, userId: same.userId })
  else await internalAdapter.createOAuthUser(describe(app, person), account)
}

function describe({ appid }: WechatApp, { openid, nickname, headimgurl }: Person) {
  // Better Auth insists on an e-mail. Not the openid itself: pages are shown this address, and
  // Better Auth writes it in lower case, in which two openids can be the same.
  const local = createHash('sha256').update(`${appid} ${openid}`).digest('hex').slice(0, 40)
  const email = `${local}@wechat.invalid`
  return { name: nickname, image: headimgurl, email, emailVerified: false }
}
