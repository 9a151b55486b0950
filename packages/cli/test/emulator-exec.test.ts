import { writeFile } from 'node:fs/promises'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runKaimen, tempFolder } from './support/kaimen.ts'

const ports = { KAIMEN_EMULATOR_PORT: '0', KAIMEN_EMULATOR_TLS_PORT: '0' }

describe('kaimen emulator --exec', () => {
  it('runs a program whose calls to https://api.weixin.qq.com the emulator answers', async () => {
    const folder = await tempFolder()
    const program = `
      const response = await fetch('https://api.weixin.qq.com/sns/jscode2session')
      console.log(await response.text(), process.argv.slice(2).join())
      process.exitCode = 3`
    await writeFile(join(folder, 'app.mjs'), program)
    const args = ['emulator', '--exec', '--', process.execPath, 'app.mjs', '--own', 'argument']
    const { code, stdout } = await runKaimen(args, ports, folder).ended
    expect(stdout).toMatch(
      /^\{"errcode":41002,"errmsg":"appid missing, rid: .*"\} --own,argument\n$/,
    )
    expect(code).toBe(3)
  })

  it('ends the program when it is told to end', async () => {
    const folder = await tempFolder()
    const args = ['-e', 'console.log("running"); setInterval(() => {}, 1000)']
    const kaimen = runKaimen(['emulator', '--exec', '--', process.execPath, ...args], ports, folder)
    await kaimen.printed('running')
    kaimen.signal('SIGTERM')
    expect(await kaimen.ended).toMatchObject({ code: 143 })
  })

  it('says what is missing without a command, and which there is not', async () => {
    const folder = await tempFolder()
    const missing = await runKaimen(['emulator', '--exec'], ports, folder).ended
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('-- node app.js')])
    const unknown = ['emulator', '--exec', '--', './no-such-command']
    const { code, stderr } = await runKaimen(unknown, ports, folder).ended
    expect([code, stderr]).toEqual([1, expect.stringContaining('could not be started')])
  })
})

it('kaimen emulator --print-ca prints the authority that the data folder keeps, the same each time', async () => {
  const folder = await tempFolder()
  const printed = () => runKaimen(['emulator', '--print-ca'], ports, folder).ended
  const [first, second] = [await printed(), await printed()]
  expect(new X509Certificate(first.stdout).ca).toBe(true)
  expect(second.stdout).toBe(first.stdout)
})

it('kaimen emulator --push-host lets messages be pushed to that host besides this machine', async () => {
  const kaimen = runKaimen(['emulator', '--push-host', 'app'], ports, await tempFolder())
  await kaimen.printed('/emulator/world')
  const url = /http:\/\/\S+(?=\/emulator\/world)/.exec(kaimen.stdout())?.[0] ?? ''
  const push = (host: string) =>
    fetch(`${url}/emulator/apps/wx0a1b2c3d4e5f0001`, {
      method: 'PATCH',
      body: JSON.stringify({
        push: { url: `http://${host}/push`, token: 'token', mode: 'plain', format: 'json' },
      }),
    })
  expect((await push('app:3000')).status).toBe(200)
  expect((await push('other:3000')).status).toBe(400)
})
