import { ConfigError } from '@kaimen/server'

/**
 * A setting is wrong, or something on this machine is in the way. One line in each language; both
 * name what it is and the remedy, and neither repeats a secret.
 */
export function refuse(en: string, zh: string): ConfigError {
  return new ConfigError(`${en}\n        ${zh}`)
}
