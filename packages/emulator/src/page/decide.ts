import { followingSince } from '../world/following.ts'
import { issueWebCode } from '../world/web-code.ts'
import type { World } from '../world/world.ts'
import type { AuthorizeRequest } from './authorize-request.ts'

export const decisions = ['allow', 'refuse'] as const
export type Decision = (typeof decisions)[number]

/**
 * Where the browser is sent after a person decided; null if it stays where it is, 10006 if the
 * person would have to follow the test account first.
 */
export function decide(
  world: World,
  { app, redirectUri, scope, state, snapshot }: AuthorizeRequest,
  personId: string,
  decision: Decision,
): { readonly location: string | null } | 10006 {
  const mustFollow = app.switches.authorize_errcode === 10006
  if (mustFollow && followingSince(world, app, personId) === undefined) return 10006
  if (decision === 'refuse') {
    return {
      location: app.switches.deny_without_redirect ? null : addQuery(redirectUri, { state }),
    }
  }
  const code = issueWebCode(world, { appid: app.appid, personId, scope, snapshot })
  return { location: addQuery(redirectUri, { code, state }) }
}

// As text, so that what the app wrote stays as it wrote it; a fragment stays behind the query.
function addQuery(redirectUri: string, fields: Record<string, string>): string {
  // What may not stand in a header, a line break above all, is written as a URL has it.
  const plain = redirectUri.replace(/[^\x21-\x7e]/gu, encodeURIComponent)
  const [address = '', ...fragment] = plain.split('#')
  const mark = address.includes('?') ? '&' : '?'
  const query = new URLSearchParams(fields).toString()
  return [address + mark + query, ...fragment].join('#')
}
