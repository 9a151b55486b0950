import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  chenMei,
  liHua,
  miniProgram,
  otherMiniProgram,
  startEmulator,
  wangFang,
} from '../start-emulator.ts'
import type { TestEmulator } from '../start-emulator.ts'

// What the documents promise, in as few words as the emulator's own state has many.

interface ModelCode {
  readonly text: string
  readonly appid: string
  readonly person: string
  readonly issuedAt: number
  state: 'unused' | 'used' | 'void'
}

interface ModelKey {
  /** Null until an exchange has shown it. */
  text: unknown
  issuedAt: number
  usedAt: number
}

interface ModelApp {
  rotation: 'interval' | 'always' | 'never'
  secondUse: 40163 | 40029
  voids: boolean
}

interface Model {
  now: number
  readonly codes: ModelCode[]
  readonly keys: Map<string, ModelKey>
  readonly keysSeen: Set<unknown>
  readonly openids: Map<string, unknown>
  readonly apps: Map<string, ModelApp>
}

type Step = (emulator: TestEmulator, model: Model) => Promise<void>

const keyTtlSeconds = 259_200
const minIntervalSeconds = 3600

function newModel(): Model {
  const app = (): ModelApp => ({ rotation: 'interval', secondUse: 40163, voids: false })
  const apps = new Map([miniProgram, otherMiniProgram].map(({ appid }) => [appid, app()]))
  return { now: 0, codes: [], keys: new Map(), keysSeen: new Set(), openids: new Map(), apps }
}

function appOf(model: Model, appid: string): ModelApp {
  return model.apps.get(appid) ?? { rotation: 'interval', secondUse: 40163, voids: false }
}

/** The key of a person and app, a new one if there is none that may stay. */
function keyOf(model: Model, appid: string, person: string, isLogin: boolean): ModelKey {
  const id = `${appid} ${person}`
  const known = model.keys.get(id)
  const { rotation } = appOf(model, appid)
  const isDue =
    !known ||
    model.now - known.usedAt >= keyTtlSeconds ||
    (isLogin && rotation === 'always') ||
    (isLogin && rotation === 'interval' && model.now - known.issuedAt >= minIntervalSeconds)
  const key = isDue ? { text: null, issuedAt: model.now, usedAt: model.now } : known
  key.usedAt = model.now
  model.keys.set(id, key)
  return key
}

function login(appid: string, person: string): Step {
  return async (emulator, model) => {
    const text = await emulator.login(appid, person)
    keyOf(model, appid, person, true)
    if (appOf(model, appid).voids) {
      for (const code of model.codes) {
        const isOurs = code.appid === appid && code.person === person
        if (isOurs && code.state === 'unused') code.state = 'void'
      }
    }
    model.codes.push({ text, appid, person, issuedAt: model.now, state: 'unused' })
  }
}

function exchange(pick: number, app: typeof miniProgram): Step {
  return async (emulator, model) => {
    // Counted from the newest, which is the most likely to be alive.
    const code = model.codes.at(-1 - (pick % Math.max(model.codes.length, 1)))
    if (!code) return
    const reply = await emulator.exchange(code.text, {}, app)
    const isExpired = model.now - code.issuedAt >= 300
    if (isExpired) return expect(reply.errcode).toBe(40029)
    if (code.state === 'used') return expect(reply.errcode).toBe(appOf(model, app.appid).secondUse)
    if (code.appid !== app.appid) return expect(reply.errcode).toBe(40029)
    if (code.state === 'void') return expect(reply.errcode).toBe(40029)

    expect(reply).not.toHaveProperty('errcode')
    code.state = 'used'
    const id = `${app.appid} ${code.person}`
    expect(reply.openid).toBe(model.openids.get(id) ?? reply.openid)
    model.openids.set(id, reply.openid)
    const key = keyOf(model, code.appid, code.person, false)
    // A key that was replaced, or that belongs to somebody else, never comes back.
    if (key.text === null) expect(model.keysSeen).not.toContain(reply.session_key)
    else expect(reply.session_key).toBe(key.text)
    key.text = reply.session_key
    model.keysSeen.add(reply.session_key)
  }
}

function checkSession(appid: string, person: string): Step {
  return async (emulator, model) => {
    const key = model.keys.get(`${appid} ${person}`)
    const isAlive = key !== undefined && model.now - key.usedAt < keyTtlSeconds
    const errMsg = await emulator.checkSession(appid, person)
    expect(errMsg === 'checkSession:ok').toBe(isAlive)
  }
}

function advance(seconds: number): Step {
  return async (emulator, model) => {
    await emulator.advance(seconds)
    model.now += seconds
  }
}

function turn(appid: string, change: Partial<ModelApp>): Step {
  return async (emulator, model) => {
    Object.assign(appOf(model, appid), change)
    const { rotation, secondUse, voids } = appOf(model, appid)
    await emulator.switch(
      {
        session_key_rotation: rotation,
        second_use_errcode: secondUse,
        unused_codes_voided: voids,
      },
      appid,
    )
  }
}

const app = fc.constantFrom(miniProgram, otherMiniProgram)
const appid = app.map((each) => each.appid)
const person = fc.constantFrom(liHua.id, wangFang.id, chenMei.id)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(appid, person).map((chosen) => login(...chosen)) },
  { weight: 6, arbitrary: fc.tuple(fc.nat(4), app).map((chosen) => exchange(...chosen)) },
  { weight: 1, arbitrary: fc.tuple(appid, person).map((chosen) => checkSession(...chosen)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1, 150, 299, 300, 3599, 3600, 259_199, 259_200).map(advance),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        appid,
        fc.record(
          {
            rotation: fc.constantFrom('interval', 'always', 'never'),
            secondUse: fc.constantFrom(40163, 40029),
            voids: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
      )
      .map((chosen) => turn(...chosen)),
  },
)

test('in every history a code succeeds once, in time, for its app; an openid stays; one session_key is valid', async () => {
  const emulator = await startEmulator()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      await emulator.post('reset')
      const model = newModel()
      for (const take of steps) await take(emulator, model)
      expect(new Set(model.openids.values()).size).toBe(model.openids.size)
    }),
    { numRuns: 100 },
  )
})
