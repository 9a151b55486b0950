import type { Device } from '@kaimen/protocol'
import type { App } from '../app.ts'
import type { Clock } from '../clock.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import type { PhoneNumber } from '../phone-number.ts'
import type { Random } from '../random.ts'
import type { SignInWrite, Store, StoredPhone, StoredSession, StoredUser } from '../store/store.ts'
import { storedPhone } from '../user/phone.ts'
import type { Proof } from '../user/proof.ts'
import type { Decision } from '../user/resolve.ts'
import { sealSessionKey } from '../user/session-key.ts'

/** A conflict over a phone is refused before anything is described. */
type Writable = Exclude<Decision, { over: 'phone' }>

/** What somebody registers with who has proven no number. */
export type Registration = {
  readonly phone: PhoneNumber
  /** The PHC text of its hash. */
  readonly password: string
}

type Parts = { store: Store; clock: Clock; ring: KeyRing; random: Random }

type How = {
  device: Device | undefined
  registration: Registration | undefined
  /** Whether a conflict is one that nobody has been told of. */
  isNewConflict: boolean
}

type Write = Omit<SignInWrite, 'events'>

/** A decision as the one act that the store does, and what is told of it. */
export function describeSignIn(
  { store, clock, ring, random }: Parts,
  { app_id, session: limits }: App,
  { wechat, by }: Proof,
  phone: StoredPhone | null,
  decision: Writable,
  { device, registration, isNewConflict }: How,
): { write: Write; events: readonly AuthEvent[] } {
  const now_ms = clock.now()
  const isNew = decision.kind === 'create'
  const isKnown = decision.kind === 'exists' || decision.kind === 'conflict'
  const claimsUnionid = 'unionid' in decision && decision.unionid === 'claim'
  const claimsPhone = isNew || decision.phone === 'claim'
  const comesBack = !isNew && decision.user.status === 'deleted'
  const write: Write = {
    now_ms,
    app_id,
    user_id: isNew ? store.newId() : decision.user.id,
    user: isNew ? 'make' : comesBack ? 'restore' : 'known',
    wechat: wechat && {
      app_id: wechat.app_id,
      openid: wechat.openid,
      open_platform: wechat.open_platform,
      unionid: wechat.unionid,
      identity: isKnown ? 'known' : 'new',
      claim_unionid: claimsUnionid && wechat.unionid !== null,
      session_key:
        wechat.session_key && sealSessionKey(ring, random, wechat, wechat.session_key.reveal()),
    },
    phone: claimsPhone ? phone : null,
    ...(isNew &&
      registration && {
        unverified: {
          phone: storedPhone(ring, random, registration.phone),
          password: registration.password,
        },
      }),
    ...(decision.kind === 'conflict' &&
      isNewConflict && {
        conflict: { id: store.newId(), holder_id: decision.holder.id },
      }),
    session: {
      id: store.newId(),
      device: device ? JSON.stringify(device) : null,
      idle_expires_at: now_ms + Math.min(limits.idleMs, limits.absoluteMs),
      expires_at: now_ms + limits.absoluteMs,
    },
  }
  return { write, events: tellSignIn(write, by, decision.kind) }
}

function tellSignIn(
  { app_id, user, conflict, session, ...write }: Write,
  by: Proof['by'],
  decision: Writable['kind'],
): AuthEvent[] {
  const user_id = formatId('usr', write.user_id)
  const session_id = formatId('ses', session.id)
  const events: AuthEvent[] = [{ kind: 'signed_in', user_id, session_id, app_id, by, decision }]
  if (user === 'restore') events.unshift({ kind: 'user_restored', user_id, by: 'user' })
  if (conflict) {
    const conflict_id = formatId('cnf', conflict.id)
    const holder_id = formatId('usr', conflict.holder_id)
    events.push({ kind: 'conflict_found', conflict_id, user_id, holder_id })
  }
  return events
}

/** User and session as they are once this is written. */
export function readWritten(
  known: StoredUser | undefined,
  { now_ms, app_id, user_id, phone, session }: Write,
): { user: StoredUser; session: StoredSession } {
  const user: StoredUser = known ?? {
    id: user_id,
    status: 'active',
    nickname: null,
    avatar: null,
    phone: null,
    phone_index: null,
    created_at: now_ms,
    gone_at: null,
  }
  return {
    user: phone ? { ...user, phone: phone.sealed, phone_index: phone.index } : user,
    session: {
      user_id,
      app_id,
      generation: 0,
      created_at: now_ms,
      rotated_at: now_ms,
      ended_at: null,
      ...session,
    },
  }
}
