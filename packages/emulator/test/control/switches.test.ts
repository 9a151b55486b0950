import { expect, test } from 'vitest'
import { liHua, miniProgram, otherMiniProgram, startEmulator, wangFang } from '../start-emulator.ts'
import { textLike, textWith } from '../text.ts'

test('PATCH answers the app with all of its switches, by default as in the README', async () => {
  const emulator = await startEmulator()
  expect(await emulator.switch({})).toEqual({
    kind: 'mini_program',
    appid: miniProgram.appid,
    secret: miniProgram.secret,
    open_platform: 'open-platform-1',
    ip_whitelist: null,
    session_key_rotation: 'interval',
    session_key_min_interval_seconds: 3600,
    session_key_ttl_seconds: 259200,
    second_use_errcode: 40163,
    blocked: [],
    secret_frozen: false,
    quota: null,
    errmsg_style: 'rid',
    unused_codes_voided: false,
    success_errcode: false,
    legacy_expires_in: false,
    ip_refused_errcode: 40164,
    wrong_secret_errcode: 40125,
    token_refused_errcode: null,
    access_token_ttl_seconds: 7200,
    personal_account: false,
    phone_denied: [],
    phone_blocked: [],
    phone_quota: null,
    country_code_type: 'string',
    open_data_json_type: 'string',
    phone_openid_mismatch_errcode: 40029,
    real_profile: false,
    redirect_domain: null,
    authorize_url_strict: true,
    state_required: false,
    authorize_errcode: null,
    deny_without_redirect: false,
    redirect_double_hit: false,
    snapshot_user: false,
    refresh_tokens_voided: false,
    privilege: [],
    released_pages: null,
    push: null,
    push_retry_seconds: 5,
    push_spaced_keys: false,
  })
})

test('a switch changes one app and no other', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ secret_frozen: true })
  expect(await emulator.switch({}, otherMiniProgram.appid)).toMatchObject({ secret_frozen: false })
})

test('ip_whitelist answers callers who are not on it with 40164 and names their IP', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  await emulator.switch({ ip_whitelist: ['203.0.113.7'] })
  const { errcode, errmsg } = await emulator.exchange(code)
  expect(errcode).toBe(40164)
  expect(errmsg).toMatch(
    /^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist, rid: [0-9a-f-]{26}$/,
  )
  await emulator.switch({ ip_whitelist: ['203.0.113.7', '127.0.0.1'] })
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('second_use_errcode 40029 answers a used code like an unknown one', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ second_use_errcode: 40029 })
  const code = await emulator.login()
  await emulator.exchange(code)
  expect(await emulator.exchange(code)).toMatchObject({
    errcode: 40029,
    errmsg: textLike(/^invalid code, /),
  })
})

test('blocked answers 40226 for the people on the list, or for everybody', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ blocked: [liHua.id] })
  const mine = await emulator.login()
  expect(await emulator.exchange(mine)).toMatchObject({ errcode: 40226 })
  const theirs = await emulator.login(miniProgram.appid, wangFang.id)
  expect(await emulator.exchange(theirs)).toHaveProperty('openid')
  await emulator.switch({ blocked: true })
  const again = await emulator.login(miniProgram.appid, wangFang.id)
  expect(await emulator.exchange(again)).toMatchObject({ errcode: 40226 })
  await emulator.switch({ blocked: [] })
  expect(await emulator.exchange(mine)).toHaveProperty('openid')
})

test('secret_frozen answers 40243 and leaves the code unspent', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  await emulator.switch({ secret_frozen: true })
  expect(await emulator.exchange(code)).toMatchObject({ errcode: 40243 })
  await emulator.switch({ secret_frozen: false })
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('quota answers 45011 until the next minute of the clock, and the code stays good', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ quota: { jscode2session_per_minute: 2 } })
  const code = await emulator.login()
  await emulator.exchange(await emulator.login())
  await emulator.exchange(await emulator.login())
  await emulator.advance(59)
  expect(await emulator.exchange(code)).toMatchObject({
    errcode: 45011,
    errmsg: textWith('api minute-quota reach limit  mustslower  retry next minute, rid: '),
  })
  await emulator.advance(1)
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('errmsg_style "hints" ends a text in a req_id', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ errmsg_style: 'hints' })
  const { errmsg } = await emulator.exchange('garbage')
  expect(errmsg).toMatch(/^invalid code, hints: \[ req_id: [\w-]+ \]$/)
})

test('unused_codes_voided makes a login void the older unused codes of that person and app', async () => {
  const emulator = await startEmulator()
  const older = await emulator.login()
  const theirs = await emulator.login(miniProgram.appid, wangFang.id)
  const elsewhere = await emulator.login(otherMiniProgram.appid)
  await emulator.switch({ unused_codes_voided: true })
  const newer = await emulator.login()
  expect(await emulator.exchange(older)).toMatchObject({ errcode: 40029 })
  expect(await emulator.exchange(newer)).toHaveProperty('openid')
  expect(await emulator.exchange(newer)).toMatchObject({ errcode: 40163 })
  expect(await emulator.exchange(theirs)).toHaveProperty('openid')
  expect(await emulator.exchange(elsewhere, {}, otherMiniProgram)).toHaveProperty('openid')
})

test('success_errcode and legacy_expires_in add their fields to a success', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ success_errcode: true, legacy_expires_in: true })
  expect(await emulator.exchange(await emulator.login())).toMatchObject({
    errcode: 0,
    errmsg: 'ok',
    expires_in: 7200,
    openid: textLike(/^o/),
  })
})

test('open_platform null takes the unionid away', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ open_platform: null })
  expect(await emulator.exchange(await emulator.login())).not.toHaveProperty('unionid')
  expect((await emulator.world()).apps).toContainEqual({ ...miniProgram, open_platform: null })
})

test.each([
  [{ session_key_rotation: 'sometimes' }, '"interval", "always", "never"'],
  [{ second_use_errcode: 40164 }, '40163, 40029'],
  [{ errmsg_style: 1 }, '"rid", "hints"'],
  [{ ip_whitelist: ['localhost'] }, 'null or a list of at most 200 IP addresses'],
  [{ ip_whitelist: '127.0.0.1' }, 'null or a list of at most 200 IP addresses'],
  [{ blocked: false }, 'true or a list of ids'],
  [{ blocked: [1] }, 'true or a list of ids'],
  [{ secret_frozen: 'yes' }, 'true or false'],
  [{ quota: 5 }, '{ "jscode2session_per_minute": '],
  [{ quota: { per_minute: 5 } }, '{ "jscode2session_per_minute": '],
  [{ quota: { jscode2session_per_minute: -1 } }, '{ "jscode2session_per_minute": '],
  [{ session_key_ttl_seconds: 0 }, 'a whole number from 1 to 31536000'],
  [{ open_platform: '' }, 'null or 1 to 64 of'],
  [{ unused_codes_voided: null }, 'true or false'],
])('%j is refused with the field and the values that it takes', async (switches, wanted) => {
  const emulator = await startEmulator()
  const { status, body } = await emulator.control('PATCH', `apps/${miniProgram.appid}`, switches)
  const [field] = Object.keys(switches)
  expect(status).toBe(400)
  expect(body.error).toEqual({
    code: 'field_invalid',
    message: `${field} has a value that is not taken.`,
    fix: textWith(wanted),
  })
})

test('an unknown switch is refused with the names of those that exist', async () => {
  const emulator = await startEmulator()
  const { status, body } = await emulator.control('PATCH', `apps/${miniProgram.appid}`, {
    secret_frozen: true,
    sesion_key_rotation: 'always',
  })
  expect(status).toBe(400)
  expect(body.error).toMatchObject({
    code: 'field_unknown',
    message: textWith('"sesion_key_rotation"'),
    fix: textWith('session_key_rotation'),
  })
  expect(await emulator.switch({})).toMatchObject({ secret_frozen: false })
})

test('an unknown app or person is a 404 that names those who exist', async () => {
  const emulator = await startEmulator()
  const app = await emulator.control('PATCH', 'apps/wxffffffffffffffff', {})
  expect(app.status).toBe(404)
  expect(app.body.error).toMatchObject({
    code: 'app_unknown',
    fix: textWith(miniProgram.appid),
  })
  const person = await emulator.control('PATCH', `apps/${miniProgram.appid}`, { blocked: ['x'] })
  expect(person.status).toBe(404)
  expect(person.body.error).toMatchObject({
    code: 'person_unknown',
    fix: textWith(liHua.id),
  })
})
