import { readKeyRing } from '../../../server/src/key-ring.ts'
import { systemRandom } from '../../../server/src/random.ts'
import { checkRotation } from '../../../server/src/session/rotation.ts'
import { loadSigningKeys } from '../../../server/src/session/signing-keys.ts'
import { testSecret, type World } from '../../../server/test/support/world.ts'
import type { Mint } from '../corpus.ts'

/** Signs with the server's own key what the server would never sign. */
export async function openMint(world: World): Promise<Mint> {
  const { access_token } = await world.signIn()
  const ring = readKeyRing(testSecret)
  if (typeof ring === 'string') throw new Error(ring)
  const { current } = await loadSigningKeys({
    ...world,
    ring,
    random: systemRandom,
    rotation: checkRotation({}, 900_000),
    report: () => {},
  })
  const [header = {}, claims = {}] = access_token.split('.', 2).map((part) => {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return { ...(value as object) }
  })
  const nowSeconds = Math.floor(world.clock.now() / 1000)
  return { privateKey: current.privateKey, kid: current.kid, header, claims, nowSeconds }
}
