import { createHash } from 'node:crypto'

// 28 characters that begin with `o`, alphabet A-Za-z0-9_-: the shape of WeChat's own samples.
function deriveId(label: string, personId: string, scope: string): string {
  const digest = createHash('sha256').update(JSON.stringify([label, personId, scope]))
  return `o${digest.digest('base64url').slice(0, 27)}`
}

/** The same for a person and an app on every start; differs between apps. */
export function openidOf(personId: string, appid: string): string {
  return deriveId('openid', personId, appid)
}

/** The same in every app of one Open Platform account; differs between accounts. */
export function unionidOf(personId: string, openPlatform: string): string {
  return deriveId('unionid', personId, openPlatform)
}

/** The same for a person, a mini program and a plugin in it. */
export function openpidOf(personId: string, appid: string, pluginAppid: string): string {
  return deriveId('openpid', personId, `${appid} ${pluginAppid}`)
}

/** The account's name in messages: `gh_` and 12 hexadecimal digits. */
export function originalIdOf(appid: string): string {
  return `gh_${hexDigest(`original id ${appid}`).slice(0, 12)}`
}

/** The appid of the app that is added as the nth of the world: `wx` and 16 hexadecimal digits. */
export function deriveAppid(ordinal: number): string {
  return `wx${hexDigest(`appid ${ordinal}`).slice(0, 16)}`
}

/** The AppSecret of that app: 32 hexadecimal digits. */
export function deriveSecret(ordinal: number): string {
  return hexDigest(`secret ${ordinal}`).slice(0, 32)
}

function hexDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
