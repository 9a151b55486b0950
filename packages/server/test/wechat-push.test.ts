import { createHash } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { listen } from '@kaimen/server/node'
import { secret } from '@kaimen/wechat'
import { openAppId, openWorld } from './support/world.ts'

const token = 'Token0OfTheConsole'

async function openPushWorld(configured: string) {
  const world = await openWorld({
    apps: ([app, ...others]) =>
      app
        ? [
            {
              ...app,
              push: {
                token: secret(configured),
                encoding_aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
              },
            },
            ...others,
          ]
        : [],
  })
  const server = await listen(world.auth, { port: 0 })
  onTestFinished(async () => {
    await server.close()
    await world.close()
  })
  const url = `${server.url}/v1/wechat/push/${openAppId}`
  const push = { url, token, mode: 'plain', format: 'json' }
  await world.control('PATCH', `/emulator/apps/${openAppId}`, { push })
  return { world, url }
}

it('WeChat’s console accepts the URL of an app whose Token it shares', async () => {
  const { world } = await openPushWorld(token)
  const checked = await world.control('POST', '/emulator/push/check', { appid: openAppId })
  expect(checked).toMatchObject({ status: 200, ok: true })
})

it('WeChat’s console does not accept the URL of an app with another Token', async () => {
  const { world } = await openPushWorld('AnotherToken')
  const checked = await world.control('POST', '/emulator/push/check', { appid: openAppId })
  expect(checked).toMatchObject({ status: 400, ok: false })
})

it('the answer is text that no browser takes for a page, and no cache keeps', async () => {
  const { world, url } = await openPushWorld(token)
  await world.control('POST', '/emulator/push/check', { appid: openAppId })
  const signature = '2f6cf18dcc4f7dcba08a3fa0f5ea32b0f7d8f8f0'
  const query = { signature, timestamp: '1', nonce: '2', echostr: '<b>' }
  const refused = await fetch(`${url}?${new URLSearchParams(query).toString()}`)
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  const signed = createHash('sha1').update(['1', '2', token].join('')).digest('hex')
  const answered = await fetch(
    `${url}?${new URLSearchParams({ ...query, signature: signed }).toString()}`,
  )
  expect(await answered.text()).toBe('<b>')
  expect(Object.fromEntries(answered.headers)).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
})
