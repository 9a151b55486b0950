import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepRecord, type Recorder } from '../../src/stage/recorder.ts'
import { createTap, type Tap } from '../../src/stage/tap.ts'

const [app] = seedWorld.apps
const [person] = seedWorld.people

describe('the tap between the server and WeChat', () => {
  let emulator: Emulator
  let recorder: Recorder
  let tap: Tap
  beforeEach(async () => {
    emulator = await createEmulator({ port: 0 })
    recorder = keepRecord(Date.now)
    const from = { emulatorUrl: emulator.url, from: 'server', now: Date.now } as const
    tap = await createTap(from, recorder, (path) => !path.startsWith('/emulator'))
  })
  afterEach(async () => {
    await tap.close()
    await emulator.close()
  })

  const post = (path: string, body: object) =>
    fetch(tap.url + path, { method: 'POST', body: JSON.stringify(body) })
  const exchange = (code: string) =>
    fetch(
      `${tap.url}/sns/jscode2session?appid=${app.appid}&secret=${app.secret}&js_code=${code}&grant_type=authorization_code`,
    )

  it('passes on what WeChat answers, and records it without a secret', async () => {
    const login = await post('/emulator/wx/login', { appid: app.appid, person: person.id })
    const { code } = (await login.json()) as { code: string }
    const answer = (await (await exchange(code)).json()) as Record<string, string>
    expect(Object.keys(answer)).toEqual(['session_key', 'openid', 'unionid'])
    expect(recorder.arrows()).toMatchObject([
      { title: '/sns/jscode2session', from: 'server', to: 'wechat' },
      { title: 'session_key, openid, unionid', from: 'wechat', to: 'server', failed: false },
    ])
    const kept = JSON.stringify(recorder.arrows())
    for (const secret of [code, app.secret, ...Object.values(answer)])
      expect(kept).not.toContain(secret)
  })

  it.each(['reset', 'truncate'])('loses a reply as WeChat does: %s', async (fault) => {
    await post('/emulator/faults', { path: '/sns/jscode2session', fault })
    await expect(exchange('any').then((reply) => reply.text())).rejects.toThrow(
      /fetch failed|terminated/,
    )
    expect(recorder.arrows()).toMatchObject([{ leg: 'request' }, { title: '✕', failed: true }])
  })

  it('lets WeChat keep silent, until the caller leaves', async () => {
    await post('/emulator/faults', { path: '*', fault: 'hang' })
    const waiting = fetch(`${tap.url}/cgi-bin/token`, { signal: AbortSignal.timeout(200) })
    await expect(waiting).rejects.toThrow(/timeout/)
    await expect.poll(() => recorder.arrows().at(-1)?.title).toBe('✕')
  })

  it('is found where WeChat has gone, and breaks off as it does', async () => {
    await emulator.close()
    await expect(exchange('any')).rejects.toThrow('fetch failed')
    expect(recorder.arrows().at(-1)).toMatchObject({ failed: true })
  })
})
