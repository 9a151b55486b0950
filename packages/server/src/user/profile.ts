import { minuteMs, type Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { Random } from '../random.ts'
import type { BlobStore } from '../store/blob-store.ts'
import type { Store, StoredUser } from '../store/store.ts'
import type { Picture } from './picture.ts'

type Parts = { store: Store; blobs: BlobStore; clock: Clock; random: Random; emit: Emit }

/** Longer than any upload takes; then a picture that no user came to have is removed. */
const uploadMs = 60 * minuteMs

/**
 * Gives the user this picture in place of the one they had. The name is drawn at random: whoever
 * does not know it does not find the picture.
 *
 * @returns The user as it is now; `undefined` for one who is not active any more.
 */
export async function changeAvatar(
  parts: Parts,
  user_id: number,
  bytes: Uint8Array,
  { extension }: Picture,
): Promise<StoredUser | undefined> {
  const { store, blobs, clock, random } = parts
  const name = `${Buffer.from(random(16)).toString('hex')}.${extension}`
  // Before it is written, so that no crash leaves a picture behind that nobody knows of.
  await store.addLooseBlob({ name, at: clock.now() + uploadMs })
  await blobs.put(name, bytes)
  return changeProfile(parts, user_id, { avatar: name })
}

/** What a user shows of themselves; what is left out stays. */
export async function changeProfile(
  parts: Omit<Parts, 'random' | 'blobs'>,
  user_id: number,
  change: { nickname?: string | null; avatar?: string | null },
): Promise<StoredUser | undefined> {
  const changed = (['nickname', 'avatar'] as const).filter((name) => change[name] !== undefined)
  const told: AuthEvent = {
    kind: 'profile_changed',
    user_id: formatId('usr', user_id),
    changed,
  }
  const now_ms = parts.clock.now()
  const write = { ...change, user_id, now_ms, event: stampEvent(parts, told) }
  const user = await parts.store.changeProfile(write)
  if (user) parts.emit(told)
  return user
}
