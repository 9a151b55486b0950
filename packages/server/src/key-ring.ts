import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/**
 * The keys that `KAIMEN_SECRET` stands for: `2:new,1:old`. The first writes; all of them read, so
 * that a secret is rolled by putting a new one in front and dropping the old one later.
 */
export type KeyRing = {
  readonly current: number
  /** Every version that is given, the current one first. */
  readonly versions: readonly number[]
  /** The key for one purpose; `undefined` where the ring has no such version any more. */
  key(purpose: Purpose, version: number): KeyObject | undefined
}

/** Each purpose has a key of its own, so that nothing made for one is ever taken for another. */
export type Purpose = (typeof purposes)[number]
const purposes = [
  'seal',
  'refresh-token',
  'web-session',
  'phone-index',
  'otp',
  'scan',
  'admin-session',
  'admin-totp',
] as const

/** The shortest secret taken; characters. */
const minSecretLength = 32

/** What documents and examples put where a secret belongs. */
const published = /change[-_ ]?me|replace[-_ ]?me|your[-_ ]?(own[-_ ])?secret|insecure|example/i
/**
 * A random text of the shortest length has more different characters than this, but for one in a
 * billion.
 */
const minDifferentCharacters = 10

export type SecretFault =
  'secret_missing' | 'secret_malformed' | 'secret_short' | 'secret_published'

/** What to tell the operator, after the name of the setting. */
export const secretFaults: Readonly<Record<SecretFault, string>> = {
  secret_missing: 'is missing. Make one with: openssl rand -base64 48',
  secret_malformed:
    'is malformed. Several secrets are written as 2:new,1:old, versions 1 to 65535.',
  secret_short: 'is too short: 32 characters at least. Make one with: openssl rand -base64 48',
  secret_published:
    'is one that stands in documents or is easily guessed. Make one with: openssl rand -base64 48',
}

/** The versions of a secret that is rolled, the current one first. */
export type SecretVersions = readonly { readonly version: number; readonly text: string }[]

/**
 * Reads a secret as `KAIMEN_SECRET` is written: one text, or `2:new,1:old`.
 *
 * @returns Its versions, or what is wrong with the text, without repeating any of it.
 */
export function readSecrets(text: string): SecretVersions | SecretFault {
  if (text.trim() === '') return 'secret_missing'
  const entries = text.split(',').map((part) => /^(?:(\d{1,5}):)?(.+)$/s.exec(part.trim()))
  const secrets = new Map<number, string>()
  for (const entry of entries) {
    if (!entry?.[2]) return 'secret_malformed'
    if (entries.length > 1 && !entry[1]) return 'secret_malformed'
    const version = Number(entry[1] ?? 1)
    if (version < 1 || version > 65_535 || secrets.has(version)) return 'secret_malformed'
    if (entry[2].length < minSecretLength) return 'secret_short'
    if (published.test(entry[2]) || new Set(entry[2]).size < minDifferentCharacters) {
      return 'secret_published'
    }
    secrets.set(version, entry[2])
  }
  return [...secrets].map(([version, secret]) => ({ version, text: secret }))
}

/**
 * Reads `KAIMEN_SECRET`. The result never holds the text itself, only keys derived from it
 * (HKDF-SHA256, RFC 5869), one a purpose and version.
 *
 * @returns The ring, or what is wrong with the text, without repeating any of it.
 */
export function readKeyRing(text: string): KeyRing | SecretFault {
  const secrets = readSecrets(text)
  if (typeof secrets === 'string') return secrets
  const keys = new Map<string, KeyObject>()
  for (const secret of secrets) {
    for (const purpose of purposes) {
      const bits = hkdfSync('sha256', secret.text, '', `kaimen ${purpose}`, 32)
      keys.set(`${purpose} ${secret.version}`, createSecretKey(Buffer.from(bits)))
    }
  }
  const versions = secrets.map(({ version }) => version)
  const [current] = versions
  if (current === undefined) return 'secret_malformed'
  return { current, versions, key: (purpose, version) => keys.get(`${purpose} ${version}`) }
}
