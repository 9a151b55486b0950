import { secondMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { readAtMost } from '../read-at-most.ts'
import type { StoredUser } from '../store/store.ts'
import { readNickname } from './nickname.ts'
import { readPicture } from './picture.ts'
import { changeAvatar, changeProfile } from './profile.ts'

type Parts = Parameters<typeof changeAvatar>[0] & {
  readonly web: { readonly openUrl: string }
  readonly report: (message: string, error: unknown) => void
}

/** The longest that WeChat's picture may take, and the most it may have. */
const pictureMs = 3 * secondMs
const pictureBytes = 1024 * 1024

/**
 * Fills what a user shows of themselves with what WeChat tells, where it is empty; what they chose
 * stays. The picture is copied: its address dies when they change it at WeChat. What fails is
 * reported and fails no sign-in.
 */
export async function adoptProfile(
  parts: Parts,
  user: StoredUser,
  ask: () => Promise<{ nickname: string; headimgurl: string } | undefined>,
): Promise<void> {
  if (user.nickname !== null && user.avatar !== null) return
  try {
    const profile = await ask()
    if (!profile) return
    const nickname = user.nickname === null ? readableName(profile.nickname) : undefined
    if (nickname !== undefined) await changeProfile(parts, user.id, { nickname })
    if (user.avatar === null) await copyPicture(parts, user.id, profile.headimgurl)
  } catch (error) {
    parts.report('WeChat’s nickname and picture were not taken over', error)
  }
}

/** A name that nobody may have here is no reason to ask anything of anybody. */
function readableName(text: string): string | undefined {
  try {
    return readNickname(text)
  } catch (error) {
    if (error instanceof KaimenError) return undefined
    throw error
  }
}

async function copyPicture(parts: Parts, user_id: number, address: string): Promise<void> {
  if (!isOfWechat(address, parts.web.openUrl)) return
  const response = await fetch(address, {
    redirect: 'error',
    signal: AbortSignal.timeout(pictureMs),
  })
  const bytes = response.ok ? await readAtMost(response, pictureBytes) : undefined
  const picture = bytes && readPicture(bytes)
  if (!bytes || !picture || typeof picture === 'string') return
  await changeAvatar(parts, user_id, bytes, picture)
}

/**
 * Whether WeChat keeps its pictures there. The address comes in a reply of WeChat's; this server
 * fetches nothing from anywhere else, least of all from inside its own network.
 */
function isOfWechat(address: string, openUrl: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, origin, port } = new URL(address)
  if (origin === openUrl) return true
  // WeChat writes http:, and has both.
  return /^https?:$/.test(protocol) && port === '' && /(^|\.)qlogo\.cn$/.test(hostname)
}
