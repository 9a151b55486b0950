import type { Export } from '@kaimen/protocol'
import type { Clock } from '../clock.ts'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Store, StoredEvent, StoredUser } from '../store/store.ts'
import { openPhone } from './phone.ts'

type Parts = { store: Store; clock: Clock; ring: KeyRing }

const instant = (milliseconds: number) => new Date(milliseconds).toISOString()

/** How many events are read at once. */
const page = 1000

/**
 * Everything that is held on a user, but what lets somebody in: no `session_key`, and of a password
 * only that there is one. [PI-2]
 *
 * @param avatarUrl Where the picture is.
 */
export async function exportUser(
  { store, clock, ring }: Parts,
  user: StoredUser,
  avatarUrl: string | null,
): Promise<Export> {
  const [identities, unionids, sessions, preferences, password, claimed] = await Promise.all([
    store.listIdentities(user.id),
    store.listUnionids(user.id),
    store.listPastSessions(user.id),
    store.findPreferences(user.id),
    store.findPassword(user.id),
    store.findUnverifiedPhone(user.id),
  ])
  return {
    exported_at: instant(clock.now()),
    user: {
      id: formatId('usr', user.id),
      nickname: user.nickname,
      avatar_url: avatarUrl,
      phone: (openPhone(ring, user) ?? (claimed && openPhone(ring, claimed)))?.e164 ?? null,
      phone_verified: user.phone !== null,
      has_password: password !== undefined,
      created_at: instant(user.created_at),
    },
    identities: identities.map(({ app_id, openid, created_at }) => ({
      app_id,
      openid,
      created_at: instant(created_at),
    })),
    unionids: unionids.map(({ open_platform, unionid }) => ({ open_platform, unionid })),
    sessions: sessions.map(({ id, app_id, device, created_at, rotated_at, ...end }) => ({
      id: formatId('ses', id),
      app_id,
      device: device === null ? null : (JSON.parse(device) as Record<string, string>),
      created_at: instant(created_at),
      last_seen_at: instant(rotated_at),
      ended_at: end.ended_at === null ? null : instant(end.ended_at),
      end_reason: end.end_reason,
    })),
    preferences: preferences ? (JSON.parse(preferences.document) as Export['preferences']) : null,
    events: (await allEvents(store, user.id)).map(({ at, kind, app_id, session_id, detail }) => ({
      at: instant(at),
      kind,
      app_id,
      session_id: session_id === null ? null : formatId('ses', session_id),
      detail: detail === null ? {} : (JSON.parse(detail) as Record<string, unknown>),
    })),
  }
}

async function allEvents(store: Store, user_id: number): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const after = events.at(-1)?.id ?? 0
    const more = await store.listEvents({ user_id, after, limit: page })
    events.push(...more)
    if (more.length < page) return events
  }
}
