import { randomBytes } from 'node:crypto'
import type { Wechat } from '@kaimen/wechat'
import express from 'express'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import passport from 'passport'
import { explainFailure } from './failures.ts'
import { keepOutcomes } from './once.ts'
import { knowPerson, pageOf } from './person.ts'
import type { WechatApp } from './person.ts'
import type { User, Users } from './users.ts'

export interface PassportRecipe {
  readonly wechat: Wechat
  readonly apps: readonly WechatApp[]
  readonly users: Users
  readonly baseUrl: string
  readonly secret: string
  /** Where WeChat's pages are, if not at WeChat. */
  readonly openUrl?: string
}

declare module 'express-session' {
  interface SessionData {
    wechat: { appid: string; state: string }
  }
}
declare global {
  namespace Express {
    interface User {
      readonly id: string
      readonly name: string
    }
  }
}

/** A strategy for one app: without a query it begins, with WeChat's it ends. */
function wechatStrategy(app: WechatApp, recipe: PassportRecipe): passport.Strategy {
  const { wechat, users, baseUrl, openUrl } = recipe
  const { appid } = app
  const page = {
    redirect_uri: `${baseUrl}/auth/${appid}/callback`,
    ...(openUrl && { baseUrl: openUrl }),
  }
  const signIns = keepOutcomes<User | 'snapshot_user'>(() => performance.now())

  async function signIn(code: string): Promise<User | 'snapshot_user'> {
    const person = await knowPerson(wechat, app, code)
    // Made up: whoever opens an account on it can never come back to it.
    return person.is_snapshotuser ? 'snapshot_user' : users.signIn(appid, person)
  }

  return {
    name: appid,
    async authenticate(request) {
      const { session } = request
      const { searchParams } = new URL(request.originalUrl, baseUrl)
      const [code, state] = [searchParams.get('code'), searchParams.get('state')]
      if (state === null) {
        // Letters and digits, 128 at most: WeChat takes no others.
        session.wechat = { appid, state: randomBytes(32).toString('hex') }
        this.redirect(pageOf(app, { ...page, state: session.wechat.state }))
        return
      }
      try {
        const key = `${code} ${state}`
        const begun = session.wechat
        if (begun?.appid !== appid || begun.state !== state) {
          // WeChat's second visit, after the first has signed the browser in. It signs in nobody.
          const isSecond = signIns.find(key) !== undefined
          return this.redirect(isSecond ? '/' : '/failed?error=state_mismatch')
        }
        delete session.wechat
        if (code === null) return this.redirect('/failed?error=access_denied')
        const outcome = await signIns.share(key, () => signIn(code))
        if (outcome === 'snapshot_user') return this.redirect('/failed?error=snapshot_user')
        this.success(outcome)
      } catch (error) {
        this.error(error)
      }
    },
  }
}

export function makePassport(recipe: PassportRecipe): express.Express {
  const { apps, users, baseUrl, secret } = recipe
  const authenticator = new passport.Passport()
  authenticator.serializeUser((user, done) => done(null, user.id))
  authenticator.deserializeUser((id: string, done) => done(null, users.find(id) ?? false))

  const site = express()
  const secure = baseUrl.startsWith('https:')
  if (secure) site.set('trust proxy', 1)
  const cookie = { secure, httpOnly: true, sameSite: 'lax' } as const
  site.use(session({ secret, cookie, resave: false, saveUninitialized: false }))
  site.use(authenticator.session())

  for (const app of apps) {
    authenticator.use(wechatStrategy(app, recipe))
    const ask = authenticator.authenticate(app.appid) as RequestHandler
    site.get(`/auth/${app.appid}`, ask)
    site.get(`/auth/${app.appid}/callback`, ask, (_request, response) => response.redirect('/'))
  }
  // WeChat did not answer, or not as it should. Its errors hold no secret.
  site.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    console.error(error)
    response.redirect('/failed')
  })
  site.get('/failed', (request, response) => {
    const error = new URL(request.originalUrl, baseUrl).searchParams.get('error')
    const words = explainFailure(error, request.get('accept-language') ?? null)
    response.status(403).type('text').send(words)
  })
  site.get('/me', (request, response) => {
    response.json(request.user ?? null)
  })
  return site
}
