import { expect, test } from 'vitest'
import {
  liHua,
  miniProgram,
  serviceAccount,
  startEmulator,
  wangFang,
  website,
} from '../start-emulator.ts'
import { textWith } from '../text.ts'

test('wx.login gives a code of 32 letters and digits that begins with 0, another each time', async () => {
  const emulator = await startEmulator()
  const codes = new Set<string>()
  for (let i = 0; i < 50; i += 1) codes.add(await emulator.login())
  expect(codes.size).toBe(50)
  for (const code of codes) expect(code).toMatch(/^0[A-Za-z0-9]{31}$/)
  const whereAndWho = { appid: miniProgram.appid, person: liHua.id }
  expect(await emulator.post('wx/login', whereAndWho)).toMatchObject({ errMsg: 'login:ok' })
})

test('wx.checkSession fails before the first wx.login and is fine after it, for that person', async () => {
  const emulator = await startEmulator()
  const whereAndWho = { appid: miniProgram.appid, person: liHua.id }
  expect(await emulator.control('POST', 'wx/checkSession', whereAndWho)).toEqual({
    status: 200,
    body: { errMsg: 'checkSession:fail session time out, need relogin' },
  })
  await emulator.login()
  expect(await emulator.checkSession()).toBe('checkSession:ok')
  expect(await emulator.checkSession(miniProgram.appid, wangFang.id)).toMatch(/^checkSession:fail/)
})

test('wx.checkSession does not renew the session_key', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ session_key_ttl_seconds: 100 })
  await emulator.login()
  await emulator.advance(99)
  expect(await emulator.checkSession()).toBe('checkSession:ok')
  await emulator.advance(1)
  expect(await emulator.checkSession()).toMatch(/^checkSession:fail/)
})

test('wx exists in mini programs alone', async () => {
  const emulator = await startEmulator()
  for (const { appid, kind } of [serviceAccount, website]) {
    for (const call of ['login', 'checkSession']) {
      const whereAndWho = { appid, person: liHua.id }
      const { status, body } = await emulator.control('POST', `wx/${call}`, whereAndWho)
      expect([status, body.error]).toMatchObject([
        400,
        { code: 'not_a_mini_program', message: textWith(kind) },
      ])
    }
  }
})

test('wx.login of an unknown person or app is a 404', async () => {
  const emulator = await startEmulator()
  for (const whereAndWho of [
    { appid: miniProgram.appid, person: '__proto__' },
    { appid: 'constructor', person: liHua.id },
  ]) {
    expect((await emulator.control('POST', 'wx/login', whereAndWho)).status).toBe(404)
  }
})
