import type { Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { Store } from '../store/store.ts'

/** Takes back what somebody no longer lets WeChat tell of them. */
export async function withdrawData(
  parts: { store: Store; clock: Clock; emit: Emit },
  user_id: number,
  app_id: string,
  withdrawn: readonly ('nickname' | 'avatar' | 'phone')[],
): Promise<void> {
  if (withdrawn.length === 0) return
  const told: AuthEvent = {
    kind: 'data_withdrawn',
    user_id: formatId('usr', user_id),
    app_id,
    withdrawn,
  }
  await parts.store.withdrawData({
    user_id,
    nickname: withdrawn.includes('nickname'),
    avatar: withdrawn.includes('avatar'),
    phone: withdrawn.includes('phone'),
    now_ms: parts.clock.now(),
    event: stampEvent(parts, told),
  })
  parts.emit(told)
}
