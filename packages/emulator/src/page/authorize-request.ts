import type { App } from '../world/app.ts'
import { isLoopback } from '../world/loopback.ts'
import type { WebScope } from '../world/web-code.ts'
import type { World } from '../world/world.ts'

/** What an app asks of a person, by way of a browser. */
export interface AuthorizeRequest {
  readonly app: App
  readonly redirectUri: string
  readonly scope: WebScope
  readonly state: string
  /** Whether the visitor is one of a snapshot page. */
  readonly snapshot: boolean
}

/** A page of WeChat's that asks a person. */
export interface AuthorizePage {
  readonly path: string
  readonly kind: App['kind']
  readonly scopes: readonly WebScope[]
  /** Whether the order of the parameters and the form of `state` are documented to count. */
  readonly isStrict: boolean
}

export const authorizePages = {
  oauth2: {
    path: '/connect/oauth2/authorize',
    kind: 'service_account',
    scopes: ['snsapi_base', 'snsapi_userinfo'],
    isStrict: true,
  },
  qrconnect: {
    path: '/connect/qrconnect',
    kind: 'website',
    scopes: ['snsapi_login'],
    isStrict: false,
  },
} as const satisfies Record<string, AuthorizePage>

/** Why a page shows an error: a number of WeChat's, or a parameter that it has no number for. */
export type PageError = number | 'order' | 'response_type' | 'state'

/**
 * Reads the query of a page's address. What is missing comes first, as the numbers of WeChat's
 * error page suggest; the order of the checks after that is a guess.
 */
export function readAuthorizeRequest(
  world: World,
  page: AuthorizePage,
  query: URLSearchParams,
): AuthorizeRequest | PageError {
  const appid = query.get('appid')
  const redirectUri = query.get('redirect_uri')
  const scopeText = query.get('scope')
  const state = query.get('state') ?? ''
  if (!appid) return 10012
  if (!redirectUri) return 10011
  if (!scopeText) return 10010
  const app = world.apps.get(appid)
  if (!app) return 40013
  const { switches } = app
  if (switches.state_required && state === '') return 10013
  if (query.get('response_type') !== 'code') return 'response_type'
  if (Buffer.byteLength(state) > 128) return 'state'
  if (page.isStrict && switches.authorize_url_strict) {
    if (!isInOrder(query)) return 'order'
    if (!/^[a-zA-Z0-9]*$/.test(state)) return 'state'
  }
  if (app.kind !== page.kind) return 10016
  if (switches.authorize_errcode !== null && switches.authorize_errcode !== 10006) {
    return switches.authorize_errcode
  }
  const scope = page.scopes.find((each) => each === scopeText)
  if (!scope) return 10005
  if (!isRedirectAllowed(app, redirectUri)) return 10003
  const snapshot =
    scope === 'snsapi_userinfo' && (switches.snapshot_user || query.get('forceSnapShot') === 'true')
  return { app, redirectUri, scope, state, snapshot }
}

const orderedNames = ['appid', 'redirect_uri', 'response_type', 'scope', 'state']

/** Whether the names that WeChat matches come once each and in its order, whatever is around them. */
function isInOrder(query: URLSearchParams): boolean {
  const given = [...query.keys()].filter((name) => orderedNames.includes(name))
  const wanted = orderedNames.filter((name) => given.includes(name))
  return given.join() === wanted.join()
}

/** The whole host has to be the app's; a setting without a port takes every port. */
function isRedirectAllowed({ switches }: App, redirectUri: string): boolean {
  if (!URL.canParse(redirectUri)) return false
  const { protocol, hostname, host } = new URL(redirectUri)
  if (protocol !== 'http:' && protocol !== 'https:') return false
  const domain = switches.redirect_domain?.toLowerCase()
  if (domain === undefined) return isLoopback(hostname)
  return domain === hostname || domain === host
}
