// A strategy as Passport calls it: with a request, and with what it may do to the request.

import Strategy from 'passport-wechat'
import { serve } from './serve.mjs'

function authenticate({ appid, secret, client, scope, redirectUri, state }, query) {
  return new Promise((resolve, reject) => {
    const options = { appID: appid, appSecret: secret, client, scope, state }
    const verify = (_access, _refresh, profile, expiresIn, done) => {
      done(null, { profile, expiresIn })
    }
    const strategy = new Strategy({ ...options, callbackURL: redirectUri }, verify)
    strategy.redirect = (location) => resolve({ location })
    strategy.success = (user) => resolve({ user })
    strategy.fail = (challenge) => resolve({ failed: challenge })
    strategy.error = reject
    strategy.authenticate({
      _passport: {},
      query,
      protocol: 'https',
      get: () => 'shop.example.com',
    })
  })
}

serve({
  authorizeUrl: async (input) => (await authenticate(input, {})).location,
  userByCode: async ({ code, ...input }) =>
    authenticate(input, { code, state: 'state1' }).then(({ user, ...rest }) => user ?? rest),
  back: ({ query, ...input }) => authenticate(input, query),
})
