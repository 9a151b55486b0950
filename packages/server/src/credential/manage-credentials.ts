import type { ServiceScope } from '@kaimen/protocol'
import { secret, type Secret } from '@kaimen/wechat'
import type { Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { Random } from '../random.ts'
import type { Store, StoredCredential } from '../store/store.ts'
import { hashCredentialSecret, mintCredentialSecret } from './credential-secret.ts'

type Parts = { store: Store; clock: Clock; emit: Emit; random: Random }

export async function createCredential(
  parts: Parts,
  {
    name,
    scopes,
    lifetimeMs,
  }: { name: string; scopes: readonly ServiceScope[]; lifetimeMs: number | null },
): Promise<{ id: string; secret: Secret }> {
  const { store, clock, random } = parts
  const number = store.newId()
  const id = formatId('crd', number)
  const text = mintCredentialSecret(random, number)
  const told: AuthEvent = { kind: 'credential_created', credential_id: id, name, scopes }
  const credential: StoredCredential = {
    id: number,
    name,
    scopes: scopes.join(' '),
    secret_hash: hashCredentialSecret(text),
    previous_hash: null,
    previous_ends_at: null,
    created_at: clock.now(),
    expires_at: lifetimeMs === null ? null : clock.now() + lifetimeMs,
    ended_at: null,
    last_used_at: null,
  }
  await store.addCredential({ credential, event: stampEvent(parts, told) })
  parts.emit(told)
  return { id, secret: secret(text) }
}

/** @returns The new secret; `undefined` for no credential, or one that has ended or expired. */
export async function rotateCredential(
  parts: Parts,
  id: number,
  overlapMs: number,
): Promise<Secret | undefined> {
  const { store, clock, random } = parts
  const credential = await store.findCredential(id)
  const now = clock.now()
  if (!credential || (credential.expires_at !== null && now >= credential.expires_at)) {
    return undefined
  }
  const text = mintCredentialSecret(random, id)
  const told: AuthEvent = { kind: 'credential_rotated', credential_id: formatId('crd', id) }
  const outcome = await store.rotateCredential({
    id,
    secret_hash: hashCredentialSecret(text),
    replaces: credential.secret_hash,
    previous_ends_at: now + overlapMs,
    event: stampEvent(parts, told),
  })
  if (outcome === 'not_rotated') return undefined
  parts.emit(told)
  return secret(text)
}

/** @param which The whole credential, or only the secret that was rotated out. */
export async function endCredential(
  parts: Parts,
  id: number,
  which: 'whole' | 'previous',
): Promise<boolean> {
  const { store, clock } = parts
  const told: AuthEvent = { kind: 'credential_ended', credential_id: formatId('crd', id), which }
  const event = stampEvent(parts, told)
  const hasEnded =
    which === 'whole'
      ? await store.endCredential({ id, now_ms: clock.now(), event })
      : await store.endPreviousSecret({ id, event })
  if (hasEnded) parts.emit(told)
  return hasEnded
}
