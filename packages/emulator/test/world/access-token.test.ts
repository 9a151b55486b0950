import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findToken, issueToken } from '../../src/world/access-token.ts'
import { beginWorld } from '../../src/world/world.ts'
import { startServerApi } from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import { miniProgram, otherMiniProgram, startMs } from '../start-emulator.ts'

// What the documents promise of tokens: who is good when, and what a bad one answers.

interface ModelToken {
  readonly text: string
  readonly family: string
  readonly expiresAt: number
  replacedAt: number
}

interface Model {
  now: number
  readonly tokens: ModelToken[]
  readonly latest: Map<string, ModelToken>
  readonly forcedAt: Map<string, number>
}

type Step = (api: ServerApi, model: Model) => Promise<void>

function keep(model: Model, family: string, text: unknown, overlapSeconds: number): ModelToken {
  expect(model.tokens.map((token) => token.text)).not.toContain(text)
  for (const token of model.tokens) {
    if (token.family !== family) continue
    const end = model.now + overlapSeconds
    token.replacedAt = Math.min(token.replacedAt, end)
  }
  const token = {
    text: String(text),
    family,
    expiresAt: model.now + 7200,
    replacedAt: Infinity,
  }
  model.tokens.push(token)
  model.latest.set(family, token)
  return token
}

function errcodeOf(model: Model, token: ModelToken): 40001 | 42001 | undefined {
  if (model.now < Math.min(token.expiresAt, token.replacedAt)) return undefined
  return token.replacedAt < token.expiresAt ? 40001 : 42001
}

function issue(app: typeof miniProgram): Step {
  return async (api, model) => {
    const reply = await api.token(app)
    expect(reply.expires_in).toBe(7200)
    keep(model, `${app.appid} plain`, reply.access_token, 300)
  }
}

function ask(app: typeof miniProgram, force: boolean): Step {
  return async (api, model) => {
    const family = `${app.appid} stable`
    const latest = model.latest.get(family)
    const isForced = force && model.now - (model.forcedAt.get(family) ?? -Infinity) >= 30
    const { access_token: text, expires_in } = await api.stableToken(app, { force_refresh: force })
    if (isForced) model.forcedAt.set(family, model.now)
    const isNew = isForced || !latest || latest.expiresAt - model.now <= 300
    const token = isNew ? keep(model, family, text, isForced ? 0 : 300) : latest
    expect([text, expires_in]).toEqual([token.text, token.expiresAt - model.now])
  }
}

function advance(seconds: number): Step {
  return async (api, model) => {
    await api.advance(seconds)
    model.now += seconds
  }
}

const checkAll: Step = async (api, model) => {
  const good = new Map<string, number>()
  for (const token of model.tokens) {
    const wanted = errcodeOf(model, token)
    expect(await api.tryToken(token.text)).toBe(wanted)
    if (wanted === undefined) good.set(token.family, (good.get(token.family) ?? 0) + 1)
  }
  for (const [family, count] of good) if (family.endsWith('stable')) expect(count).toBeLessThan(3)
}

const app = fc.constantFrom(miniProgram, otherMiniProgram)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: app.map(issue) },
  { weight: 4, arbitrary: fc.tuple(app, fc.boolean()).map((chosen) => ask(...chosen)) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(1, 29, 30, 299, 300, 3600, 6899, 6900, 7199, 7200).map(advance),
  },
  { weight: 1, arbitrary: fc.constant(checkAll) },
)

test('in every history of issuing, asking, forcing and ageing exactly the documented tokens are good', async () => {
  const api = await startServerApi()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await api.post('reset')
      for (const { appid } of [miniProgram, otherMiniProgram]) {
        await api.switch({ quota: { force_refresh_per_day: 1000 } }, appid)
      }
      const model: Model = { now: 0, tokens: [], latest: new Map(), forcedAt: new Map() }
      for (const take of steps) await take(api, model)
      await checkAll(api, model)
    }),
    { numRuns: 60 },
  )
})

test('no more than 100,000 tokens are known, and the newest are', () => {
  const world = beginWorld({ now: () => startMs, random: randomBytes })
  const known = world.apps.get(miniProgram.appid)
  if (!known) throw new Error('no app')
  const oldest = issueToken(world, known)
  for (let i = 0; i < 100_000; i += 1) issueToken(world, known)
  expect(world.accessTokens.size).toBe(100_000)
  expect(findToken(world, oldest.text)).toBeUndefined()
})
