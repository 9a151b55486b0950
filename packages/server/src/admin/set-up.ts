import type { Secret } from '@kaimen/wechat'
import { secret } from '@kaimen/wechat'
import { dayMs, type Clock } from '../clock.ts'
import { mac, sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import { choosePassword } from '../password/choose.ts'
import type { Random } from '../random.ts'
import { seal } from '../seal.ts'
import type { StoredAdmin, StoredAdminInvite } from '../store/admin-store.ts'
import type { Store } from '../store/store.ts'
import type { AdminParts } from './parts.ts'
import { digestRecoveryCode, makeRecoveryCodes } from './recovery-code.ts'
import { newSession, type SignedInAdmin } from './session.ts'
import { findStep, totpSecretBytes } from './totp.ts'

/** Life of a set-up link. */
const inviteMs = dayMs

/**
 * Makes what a set-up link ends in: 256 random bits, which work once. Only a digest is stored.
 * [AU-5]
 */
export async function inviteAdmin(
  parts: { store: Store; clock: Clock; random: Random; emit: Emit },
  role: StoredAdmin['role'],
): Promise<{ token: Secret; expires_at: number }> {
  const token = Buffer.from(parts.random(32)).toString('base64url')
  const expires_at = parts.clock.now() + inviteMs
  const told: AuthEvent = { kind: 'admin_invited', role }
  const invite = { digest: digestToken(token), role, expires_at }
  await parts.store.addAdminInvite({ invite, event: stampEvent(parts, told) })
  parts.emit(told)
  return { token: secret(token), expires_at }
}

const digestToken = (token: string) => sha256('set-up link', token)

/** @throws {@link KaimenError} `invite_invalid` */
export async function readInvite(
  { store, clock }: Pick<AdminParts, 'store' | 'clock'>,
  token: Secret,
): Promise<StoredAdminInvite> {
  const query = { digest: digestToken(token.reveal()), now_ms: clock.now() }
  const invite = await store.findAdminInvite(query)
  if (!invite) throw new KaimenError('invite_invalid')
  return invite
}

/**
 * The authenticator's secret of whoever follows this link: the same however often it is opened, and
 * chosen by nobody.
 */
export function totpSecretOf(ring: KeyRing, token: Secret): Uint8Array {
  const key = ring.key('admin-totp', ring.current)
  if (!key) throw new Error('The key ring has no key of its current version')
  return mac(key, Buffer.from(token.reveal())).subarray(0, totpSecretBytes)
}

/** The place of the authenticator's secret of an administrator. */
export const totpPlace = (id: number) => ({ table: 'admins', row: String(id), column: 'totp' })

/** Letters and digits of any script, and what stands between them; no two look like none. */
const namePattern = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._@-]{0,62}[\p{L}\p{N}])?$/u

/** @returns The name as it is kept; `undefined` for what cannot be one. */
export function readName(typed: string): string | undefined {
  const name = typed.normalize('NFKC').trim()
  return namePattern.test(name) ? name : undefined
}

/**
 * Makes an administrator of whoever holds the link and has set up an authenticator, signed in at
 * once.
 *
 * @returns With their recovery codes, which are shown this once.
 * @throws {@link KaimenError} `invite_invalid`, `second_factor_wrong`, `password_weak`,
 *   `admin_name_taken`; the link still works after all but the first.
 */
export async function setUpAdmin(
  parts: AdminParts,
  wanted: { token: Secret; name: string; password: Secret; code: string },
): Promise<SignedInAdmin & { recoveryCodes: readonly string[] }> {
  const { store, clock, random, ring, emit } = parts
  const { token, name } = wanted
  const { role, digest } = await readInvite(parts, token)
  const totp = totpSecretOf(ring, token)
  const totp_step = findStep(totp, wanted.code, clock.now())
  if (totp_step === undefined) throw new KaimenError('second_factor_wrong')
  const password = await choosePassword(parts, { nickname: name }, wanted.password)
  const id = store.newId()
  const sealed = seal(ring, random, totpPlace(id), Buffer.from(totp).toString('base64'))
  const now_ms = clock.now()
  const admin = { id, name, password, totp: sealed, totp_step, created_at: now_ms }
  const session = newSession(parts, id)
  const recoveryCodes = makeRecoveryCodes(random)
  const told: AuthEvent = { kind: 'admin_set_up', admin_id: formatId('adm', id), name, role }
  const outcome = await store.makeAdmin({
    digest,
    now_ms,
    admin,
    recovery: recoveryCodes.flatMap((code) => digestRecoveryCode(code) ?? []),
    session,
    event: stampEvent(parts, told),
  })
  if (outcome === 'invite_invalid') throw new KaimenError('invite_invalid')
  if (outcome === 'name_taken') throw new KaimenError('admin_name_taken')
  emit(told)
  return { session, admin: { ...admin, role, ended_at: null }, recoveryCodes }
}
