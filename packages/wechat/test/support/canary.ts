import { inspect } from 'node:util'

/** Parameters that must never be seen outside the request itself. */
export const canary = {
  appid: 'wxcanary000000000',
  secret: 'CANARYsecret0123456789abcdef+/ 8'.replace(' ', '~'),
  js_code: '0CANARYcode-_ABCDEFGHIJKLMNOPQRS',
}

/** Everything that a logger, a debugger or a serialiser could get out of `value`. */
export function everythingIn(value: unknown): string {
  return [
    inspect(value, { depth: 10, showHidden: true }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? value.stack : '',
  ].join('\n')
}

export function leaks(value: unknown): string[] {
  const text = everythingIn(value)
  const needles = [canary.secret, encodeURIComponent(canary.secret), canary.js_code, 'CANARY']
  return needles.filter((needle) => text.includes(needle))
}
