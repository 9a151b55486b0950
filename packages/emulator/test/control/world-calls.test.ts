import { expect, test } from 'vitest'
import { seedWorld } from '../../src/index.ts'
import { liHua, miniProgram, startEmulator } from '../start-emulator.ts'
import { textLike } from '../text.ts'

test('the first world is the seed: four apps, three people and the time', async () => {
  const emulator = await startEmulator()
  expect(await emulator.world()).toEqual({
    apps: seedWorld.apps,
    people: seedWorld.people,
    now: '2026-11-20T12:00:00.000Z',
  })
  expect(seedWorld.apps.map((app) => [app.kind, app.open_platform !== null])).toEqual([
    ['mini_program', true],
    ['service_account', true],
    ['website', true],
    ['mini_program', false],
  ])
  expect(new Set(seedWorld.apps.map((app) => app.open_platform)).size).toBe(2)
  expect(seedWorld.people.map((person) => person.country_code)).toEqual(['86', '86', '1'])
})

test('apps and people that are added get ids of their own and can log in', async () => {
  const emulator = await startEmulator()
  const app = await emulator.post('apps', { kind: 'mini_program' })
  expect(app).toEqual({
    kind: 'mini_program',
    appid: textLike(/^wx[0-9a-f]{16}$/),
    secret: textLike(/^[0-9a-f]{32}$/),
    open_platform: null,
  })
  const person = await emulator.post('people', {})
  expect(person).toEqual({
    id: 'person-4',
    nickname: '微信用户',
    phone: textLike(/^1[0-9]{10}$/),
    country_code: '86',
  })
  const { appid, secret } = { appid: String(app.appid), secret: String(app.secret) }
  const code = await emulator.login(appid, String(person.id))
  expect(await emulator.exchange(code, {}, { appid, secret })).toHaveProperty('openid')
})

test('apps and people are added as they are described', async () => {
  const emulator = await startEmulator()
  const app = {
    kind: 'mobile_app',
    appid: 'wx00000000000000aa',
    secret: '0'.repeat(32),
    open_platform: 'another-account',
  }
  expect(await emulator.post('apps', app)).toEqual(app)
  const person = { nickname: '田中结衣', phone: '9012345678', country_code: '81' }
  expect(await emulator.post('people', person)).toMatchObject(person)
  const phoneless = { phone: null, country_code: null }
  expect(await emulator.post('people', { phone: null })).toMatchObject(phoneless)
  const world = await emulator.world()
  expect(world.apps).toHaveLength(5)
  expect(world.people).toHaveLength(5)
})

test('an appid that exists is not added again', async () => {
  const emulator = await startEmulator()
  const twice = { kind: 'website', appid: miniProgram.appid }
  const { status, body } = await emulator.control('POST', 'apps', twice)
  expect([status, body.error]).toMatchObject([409, { code: 'app_exists' }])
})

test('the clock goes forward by what it is told, and never past the year 2100', async () => {
  const emulator = await startEmulator()
  expect(await emulator.advance(90.5)).toEqual({ now: '2026-11-20T12:01:30.500Z' })
  expect(await emulator.world()).toMatchObject({ now: '2026-11-20T12:01:30.500Z' })
  for (const advance_seconds of [1e10, 1e308]) {
    const { status, body } = await emulator.control('POST', 'clock', { advance_seconds })
    expect([status, body.error]).toMatchObject([400, { code: 'clock_too_far' }])
  }
  for (const advance_seconds of [-1, '60', null, [1]]) {
    const { status } = await emulator.control('POST', 'clock', { advance_seconds })
    expect(status).toBe(400)
  }
  expect(await emulator.world()).toMatchObject({ now: '2026-11-20T12:01:30.500Z' })
})

test('reset makes the world what it was: apps, people, codes, keys, faults, calls, clock, switches', async () => {
  const emulator = await startEmulator()
  const world = await emulator.world()
  const switches = await emulator.switch({})
  const code = await emulator.login()
  await emulator.post('apps', { kind: 'website' })
  await emulator.post('people', {})
  await emulator.switch({ blocked: true, open_platform: null })
  await emulator.advance(3600)
  await emulator.exchange(code)
  await emulator.post('faults', { path: '*', fault: 'reset' })

  expect(await emulator.post('reset')).toEqual(world)
  expect(await emulator.calls()).toEqual([])
  expect(await emulator.switch({})).toEqual(switches)
  expect(await emulator.checkSession()).toMatch(/^checkSession:fail/)
  expect(await emulator.exchange(code)).toMatchObject({ errcode: 40029 })
  expect(await emulator.exchange(await emulator.login())).toHaveProperty('unionid')
})

test('two emulators side by side share nothing', async () => {
  const [one, other] = [await startEmulator(), await startEmulator()]
  const code = await one.login()
  expect(await other.exchange(code)).toMatchObject({ errcode: 40029 })
  await one.switch({ blocked: [liHua.id] })
  expect(await other.switch({})).toMatchObject({ blocked: [] })
})
