import { createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../../server/test/support/world.ts'
import { createVerifier, VerifyError, type Verifier } from '../src/index.ts'
import { forgeTokens, mint, type Forgery, type Mint } from './corpus.ts'
import { openMint } from './support/mint.ts'

const issuer = 'http://kaimen.test'

let world: World
let verifier: Verifier
let from: Mint
let forgeries: Forgery[]
let keyFetches = 0

beforeAll(async () => {
  world = await openWorld()
  from = await openMint(world)
  forgeries = forgeTokens(from)
  verifier = createVerifier({
    issuer,
    allowHttp: true,
    clock: { now: world.clock.now, sleep: () => new Promise(() => {}) },
    fetch: async (url) => {
      keyFetches += 1
      return world.auth.handler(new Request(url))
    },
  })
  await verifier.ready()
})
afterAll(async () => {
  verifier.close()
  await world.close()
})

async function outcome(token: string): Promise<string> {
  try {
    await verifier.verify(token)
    return 'taken'
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error
    return error.code
  }
}

async function serverOutcome(token: string): Promise<unknown> {
  // What no header can carry does not reach a server.
  if (!/^[\x20-\x7e\t]*$/.test(token)) return 'token_invalid'
  const { body } = await world.send('GET', '/v1/me', { token })
  return body['code'] ?? 'taken'
}

describe('the negative corpus', () => {
  it('[TK-1] [TK-2] [TK-3] has more than a hundred tokens, each with a name of its own', () => {
    expect(forgeries.length).toBeGreaterThan(200)
    const names = forgeries.map(({ name }) => name)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it('is forged by who can also sign a good one', async () => {
    expect(await outcome(mint(from))).toBe('taken')
    expect(await serverOutcome(mint(from))).toBe('taken')
    expect(createPublicKey(from.privateKey).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  })

  it('[TK-1] [TK-2] [TK-3] [TK-7] is refused by the verifier, every one, with one fetch of the keys in all', async () => {
    const outcomes = []
    for (const { name, token } of forgeries) outcomes.push([name, await outcome(token)])
    expect(outcomes).toEqual(forgeries.map(({ name, code }) => [name, code ?? 'token_invalid']))
    expect(keyFetches).toBe(1)
  })

  it('[TK-1] [TK-2] [TK-3] [TK-7] is refused by the server, every one', async () => {
    const outcomes = []
    for (const { name, token } of forgeries) outcomes.push([name, await serverOutcome(token)])
    expect(outcomes).toEqual(forgeries.map(({ name, code }) => [name, code ?? 'token_invalid']))
  })

  it('shows nothing of itself in what is said of it', async () => {
    for (const { name, token } of forgeries) {
      const error: unknown = await verifier.verify(token).catch((reason: unknown) => reason)
      const said = JSON.stringify([String(error), error, (error as Error).stack])
      // What is shorter than this is found in any text.
      const parts = token.split('.').filter((part) => part.length > 20)
      expect([name, parts.filter((part) => said.includes(part))]).toEqual([name, []])
    }
  })
})
