import { serviceScopes, type ServiceScope } from '@kaimen/protocol'
import type { Secret } from '@kaimen/wechat'
import { dayMs, secondMs } from '../clock.ts'
import {
  createCredential,
  endCredential,
  rotateCredential,
} from '../credential/manage-credentials.ts'
import { ConfigError } from '../errors.ts'
import { formatId, parseId } from '../id.ts'
import type { StoredCredential } from '../store/store.ts'
import type { Ready } from './parts.ts'

export type Credential = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly ServiceScope[]
  readonly created_at: Date
  /** `null`: it does not expire. */
  readonly expires_at: Date | null
  readonly ended_at: Date | null
  /** To the hour. */
  readonly last_used_at: Date | null
  /** Of the secret before the present one; `null`: there is none that counts. */
  readonly previous_ends_at: Date | null
}

export type CredentialOptions = {
  /** For people: 1 to 64 characters. */
  name: string
  scopes: readonly ServiceScope[]
  /** 1 to 3650; `null`: it does not expire. Default 365. */
  expiresInDays?: number | null | undefined
}

/** What lets a back end in. The secrets are shown once, and stored only as hashes. */
export type CredentialOperations = {
  /** @throws {@link ConfigError} That names what is wrong. */
  create(options: CredentialOptions): Promise<{ id: string; secret: Secret }>
  /** Those that have ended too; newest first. */
  list(): Promise<readonly Credential[]>
  /**
   * A new secret, beside which the one until now counts for `overlapSeconds`: 0 to 2592000, default
   * 86400 (a day).
   *
   * @returns `not_found` for an unknown one, and for one that has ended or expired.
   * @throws {@link ConfigError} `overlapSeconds` is out of its range.
   */
  rotate(
    id: string,
    options?: { overlapSeconds?: number | undefined },
  ): Promise<{ secret: Secret } | 'not_found'>
  /** Within 5 s on every node. @param options.previous Only the secret that was rotated out. */
  end(id: string, options?: { previous?: boolean | undefined }): Promise<'ended' | 'not_found'>
}

export function credentialOperations(ready: Ready): CredentialOperations {
  return {
    async create({ name, scopes, expiresInDays = 365 }) {
      checkCredential(name, scopes)
      checkRange('expiresInDays', expiresInDays ?? 1, 1, 3650)
      const lifetimeMs = expiresInDays === null ? null : expiresInDays * dayMs
      return createCredential(await ready(), { name, scopes: [...new Set(scopes)], lifetimeMs })
    },

    async list() {
      const { store, clock } = await ready()
      return (await store.listCredentials()).map((credential) => tell(credential, clock.now()))
    },

    async rotate(id, { overlapSeconds = 86_400 } = {}) {
      checkRange('overlapSeconds', overlapSeconds, 0, 2_592_000)
      const number = parseId('crd', id)
      if (number === undefined) return 'not_found'
      const secret = await rotateCredential(await ready(), number, overlapSeconds * secondMs)
      return secret ? { secret } : 'not_found'
    },

    async end(id, { previous = false } = {}) {
      const number = parseId('crd', id)
      if (number === undefined) return 'not_found'
      const which = previous ? 'previous' : 'whole'
      return (await endCredential(await ready(), number, which)) ? 'ended' : 'not_found'
    },
  }
}

function checkCredential(name: string, scopes: readonly ServiceScope[]) {
  if (!/^[^\p{Cc}]{1,64}$/u.test(name)) {
    throw new ConfigError('name has to have 1 to 64 characters, and no control characters.')
  }
  if (scopes.length > 0 && scopes.every((scope) => serviceScopes.includes(scope))) return
  throw new ConfigError(`scopes has to be some of ${serviceScopes.join(', ')}.`)
}

function checkRange(name: string, value: number, min: number, max: number) {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new ConfigError(`${name} has to be a whole number from ${min} to ${max}.`)
}

function tell(stored: StoredCredential, now: number): Credential {
  const { id, name, scopes, previous_ends_at } = stored
  const overlaps = previous_ends_at !== null && now < previous_ends_at
  return {
    id: formatId('crd', id),
    name,
    scopes: serviceScopes.filter((scope) => scopes.split(' ').includes(scope)),
    created_at: new Date(stored.created_at),
    expires_at: toDate(stored.expires_at),
    ended_at: toDate(stored.ended_at),
    last_used_at: toDate(stored.last_used_at),
    previous_ends_at: overlaps ? new Date(previous_ends_at) : null,
  }
}

const toDate = (milliseconds: number | null) =>
  milliseconds === null ? null : new Date(milliseconds)
