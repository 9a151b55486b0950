import type { Clock } from './clock.ts'
import { WxFailure } from './wx/api.ts'
import type { Shelf } from './wx/storage.ts'

/** How a program answers for the person. */
interface Answer {
  readonly event: 'agree' | 'disagree' | 'exposureAuthorization'
  readonly buttonId?: string
}

export type PrivacyListener = (
  resolve: (answer: Answer) => void,
  event: { referrer: string },
) => void

/**
 * The consent of one person to the privacy guide of one mini program.
 *
 * https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */
export interface Privacy {
  readonly isNeeded: () => boolean
  /** @throws {WxFailure} The person refused. */
  readonly require: (referrer: string) => Promise<void>
  /** The newest listener asks; without one, WeChat does. */
  readonly listen: (listener: PrivacyListener) => void
  /** A button `agreePrivacyAuthorization` was tapped. */
  readonly noteTap: (buttonId: string) => void
  readonly agree: () => void
}

/** After a refusal WeChat asks nobody for so long. */
const quietMs = 10_000

/**
 * @param place The key on the shelf.
 * @param ask WeChat's own popup.
 */
export function keepPrivacy(
  shelf: Shelf,
  place: string,
  clock: Clock,
  ask: () => Promise<boolean>,
): Privacy {
  let listener: PrivacyListener | undefined
  let quietUntil = 0
  const tapped = new Set<string>()
  const isNeeded = () => shelf.getItem(place) === null
  const agree = () => shelf.setItem(place, 'agreed')
  const refusal = () => new WxFailure('privacy permission is not authorized', 104)

  function askProgram(asks: PrivacyListener, referrer: string): Promise<boolean> {
    return new Promise((resolve) => {
      asks(
        ({ event, buttonId = '' }) => {
          // Shown is not yet answered.
          if (event === 'exposureAuthorization') return
          resolve(event === 'agree' && tapped.delete(buttonId))
        },
        { referrer },
      )
    })
  }

  return {
    isNeeded,
    agree,
    listen(next) {
      listener = next
    },
    noteTap: (buttonId) => void tapped.add(buttonId),
    async require(referrer) {
      if (!isNeeded()) return
      if (clock.now() < quietUntil) throw refusal()
      const agreed = await (listener ? askProgram(listener, referrer) : ask())
      if (agreed) return agree()
      if (!listener) quietUntil = clock.now() + quietMs
      throw refusal()
    },
  }
}
