import { WechatInputError } from './errors/input-error.ts'
import { isSecret, secret } from './secret.ts'
import type { Secret } from './secret.ts'

const shapes = {
  appid: /^[A-Za-z0-9_-]{1,64}$/,
  code: /^[A-Za-z0-9_-]{1,128}$/,
  openid: /^[A-Za-z0-9_-]{1,128}$/,
  credential: /^[\x21-\x7e]{1,2048}$/,
}

/** Refuses `value` before it goes on the wire, without repeating it. */
export function checkText(parameter: string, value: string, shape: RegExp): void {
  if (typeof value !== 'string' || !shape.test(value)) {
    throw new WechatInputError(parameter, `must match ${shape.source}`)
  }
}

export function checkAppid(appid: string): void {
  checkText('appid', appid, shapes.appid)
}

export function checkOpenid(openid: string): void {
  checkText('openid', openid, shapes.openid)
}

/** A code is a stranger's text on its way into a URL or a body beside a credential. */
export function checkCode(parameter: string, code: string): Secret {
  checkText(parameter, code, shapes.code)
  return secret(code)
}

/** An AppSecret, a token or a session_key, wrapped if it is not yet. */
export function checkCredential(parameter: string, value: string | Secret): Secret {
  const wrapped = isSecret(value) ? value : secret(value)
  checkText(parameter, wrapped.reveal(), shapes.credential)
  return wrapped
}

/** A whole number of `min` to `max`. */
export function checkWhole(parameter: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new WechatInputError(parameter, `must be a whole number from ${min} to ${max}`)
  }
}
