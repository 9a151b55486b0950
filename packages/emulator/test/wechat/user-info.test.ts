import { expect, test } from 'vitest'
import { liHua, miniProgram, serviceAccount, startMs, wangFang } from '../start-emulator.ts'
import { startServerApi } from '../server-api.ts'
import { textWith } from '../text.ts'
import { startWebOauth } from '../web-oauth.ts'

async function startFollowing() {
  const emulator = await startWebOauth()
  const { appid, secret } = serviceAccount
  const asked = { grant_type: 'client_credential', appid, secret }
  const { access_token } = await emulator.get('cgi-bin/token', asked)
  const { openid, unionid } = await emulator.exchange(await emulator.authorize())
  return {
    ...emulator,
    openid,
    unionid,
    follow: (follow: boolean, person = liHua.id) =>
      emulator.post('follow', { appid, person, follow }),
    info: (change: Record<string, string> = {}) =>
      emulator.get('cgi-bin/user/info', {
        access_token: String(access_token),
        openid: String(openid),
        ...change,
      }),
  }
}

test('of somebody who does not follow, user/info tells ids alone', async () => {
  const emulator = await startFollowing()
  const { openid, unionid } = emulator
  expect(await emulator.info()).toEqual({ subscribe: 0, openid, unionid })
  await emulator.account({ open_platform: null })
  expect(await emulator.info()).toEqual({ subscribe: 0, openid })
})

test('of a follower, user/info tells since when, and neither name nor picture since 2021', async () => {
  const emulator = await startFollowing()
  const { openid, unionid } = emulator
  await emulator.follow(true)
  await emulator.advance(60)
  await emulator.follow(true)
  const expected = {
    subscribe: 1,
    openid,
    language: 'zh_CN',
    subscribe_time: startMs / 1000,
    unionid,
    remark: '',
    groupid: 0,
    tagid_list: [],
    subscribe_scene: 'ADD_SCENE_QR_CODE',
    qr_scene: 0,
    qr_scene_str: '',
  }
  expect(await emulator.info()).toEqual(expected)
  expect(await emulator.info({ lang: 'en' })).toEqual({ ...expected, language: 'en' })
  await emulator.follow(false)
  expect(await emulator.info()).toHaveProperty('subscribe', 0)
})

test('one person’s following is nobody else’s', async () => {
  const emulator = await startFollowing()
  await emulator.follow(true, wangFang.id)
  expect(await emulator.info()).toHaveProperty('subscribe', 0)
})

test('an openid of another app or of nobody answers 40003, without a comma before rid', async () => {
  const emulator = await startFollowing()
  const other = await emulator.exchangeLogin()
  for (const openid of ['x', '', String(other.openid)]) {
    expect(await emulator.info({ openid })).toMatchObject({
      errcode: 40003,
      errmsg: textWith('invalid openid rid: '),
    })
  }
})

test('a mini program’s token answers 48001', async () => {
  const api = await startServerApi()
  const asked = { access_token: await api.tokenText(miniProgram), openid: 'x' }
  expect(await api.get('/cgi-bin/user/info', asked)).toHaveProperty('errcode', 48001)
})

test('only a service account is followed', async () => {
  const emulator = await startFollowing()
  const asked = { appid: miniProgram.appid, person: liHua.id, follow: true }
  const reply = await emulator.control('POST', 'follow', asked)
  expect([reply.status, reply.body.error]).toMatchObject([400, { code: 'not_a_service_account' }])
})
