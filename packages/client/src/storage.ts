import type { Account } from './registry.ts'
import type { Platform } from './platform.ts'
import { isFields, isUser } from './wire.ts'

const version = 1

/**
 * Reads what an earlier start kept; once, when first needed. Whatever is not exactly what
 * {@link save} wrote is as good as nothing: WeChat may evict storage, and a silent login mends it.
 */
export function load(platform: Platform, account: Account): void {
  if (account.loaded) return
  account.loaded = true
  try {
    const kept: unknown = JSON.parse(String(platform.read(account.storageKey)))
    if (!isFields(kept) || kept['v'] !== version) return
    const { user, credentials, signedOut } = kept
    account.signedOut = signedOut === true
    if (!isUser(user)) return
    account.user = user
    if (isCredentials(credentials)) account.credentials = credentials
  } catch {
    // Absent, corrupt or unreadable.
  }
}

/** Memory comes first: a full storage only costs the next cold start a login. */
export function save(platform: Platform, account: Account): void {
  const { user, credentials, signedOut } = account
  try {
    platform.write(account.storageKey, JSON.stringify({ v: version, user, credentials, signedOut }))
  } catch {
    try {
      // What is left there is older: its refresh token is spent, and using it would end the session.
      platform.remove(account.storageKey)
    } catch {
      // Storage is unusable; memory still holds everything.
    }
  }
}

function isCredentials(value: unknown): value is NonNullable<Account['credentials']> {
  return (
    isFields(value) &&
    typeof value['accessToken'] === 'string' &&
    typeof value['refreshToken'] === 'string' &&
    typeof value['sinceMs'] === 'number' &&
    typeof value['lengthMs'] === 'number'
  )
}
