import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePorts, runKaimen, tempFolder } from './support/kaimen.ts'

describe('kaimen', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await runKaimen(['--help']).ended
    expect(code).toBe(0)
    for (const name of ['dev', 'start', 'emulator', 'migrate', 'doctor', 'users'])
      expect(stdout).toContain(`  ${name} `)
  })

  it.each(['dev', 'start', 'migrate', 'doctor', 'users'])(
    '%s --help names the settings that work',
    async (name) => {
      const { code, stdout, stderr } = await runKaimen([name, '--help']).ended
      expect(code).toBe(0)
      expect(stderr).toBe('')
      const named = new Set([...stdout.matchAll(/KAIMEN_\w+/g)].map(([setting]) => setting))
      expect(named).toEqual(
        new Set([
          'KAIMEN_APPID',
          'KAIMEN_APP_SECRET',
          'KAIMEN_APPS',
          'KAIMEN_SECRET',
          'KAIMEN_TRUSTED_PROXIES',
          'KAIMEN_WEB_ORIGINS',
          'KAIMEN_WEBHOOK_URL',
          'KAIMEN_WEBHOOK_SECRET',
          'KAIMEN_WEBHOOK_TYPES',
          'KAIMEN_PUBLIC_URL',
          'KAIMEN_DATABASE_URL',
          'KAIMEN_DATA_DIR',
          'KAIMEN_PORT',
          'KAIMEN_DRAIN_SECONDS',
          'KAIMEN_EMULATOR_PORT',
          'KAIMEN_EMULATOR_TLS_PORT',
          'KAIMEN_MINI_PROGRAM',
          'KAIMEN_WECHAT_API',
        ]),
      )
    },
  )

  it.each(['start', 'emulator'])('%s --help names --host', async (name) => {
    const { code, stdout } = await runKaimen([name, '--help']).ended
    expect(code).toBe(0)
    expect(stdout).toContain('--host <address>')
  })

  it('says its version', async () => {
    expect((await runKaimen(['--version']).ended).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['begin'], "unknown command 'begin'"],
    [['dev', '--prot', '1'], "unknown option '--prot'"],
    [['start', 'now'], 'too many arguments'],
  ])('refuses %j by name', async (args, message) => {
    const { code, stdout, stderr } = await runKaimen(args).ended
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
  })

  it('without a command shows the help, and fails', async () => {
    const { code, stderr } = await runKaimen([]).ended
    expect(code).toBe(1)
    expect(stderr).toContain('Commands:')
  })
})

describe('kaimen emulator', () => {
  it('serves WeChat alone, and ends with code 0', async () => {
    const [port = ''] = await freePorts(1)
    const kaimen = runKaimen(['emulator'], { KAIMEN_EMULATOR_PORT: port })
    await kaimen.printed('/emulator/world')
    const world = await fetch(`http://127.0.0.1:${port}/emulator/world`)
    expect(await world.json()).toHaveProperty('apps')
    expect((await fetch(`http://127.0.0.1:${port}/v1/me`)).status).not.toBe(401)
    kaimen.signal('SIGINT')
    expect(await kaimen.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('listens where --host says', async () => {
    const [port = ''] = await freePorts(1)
    const kaimen = runKaimen(['emulator', '--host', '0.0.0.0'], { KAIMEN_EMULATOR_PORT: port })
    await kaimen.printed(`http://127.0.0.1:${port}`)
    expect((await fetch(`http://127.0.0.1:${port}/emulator/world`)).status).toBe(200)
  })
})

describe('kaimen migrate', () => {
  it('applies what is missing, and nothing the second time', async () => {
    const env = { KAIMEN_DATA_DIR: await tempFolder() }
    const first = await runKaimen(['migrate'], env).ended
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/^Applied: \S+/)
    expect(existsSync(join(env.KAIMEN_DATA_DIR, 'kaimen.db'))).toBe(true)
    const second = await runKaimen(['migrate'], env).ended
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).toContain('Nothing to apply')
  })

  it('takes the path of KAIMEN_DATABASE_URL, and makes its folder', async () => {
    const path = join(await tempFolder(), 'deep', 'accounts.db')
    for (const KAIMEN_DATABASE_URL of [`sqlite:${path}`, `sqlite://${path}`]) {
      expect((await runKaimen(['migrate'], { KAIMEN_DATABASE_URL }).ended).code).toBe(0)
    }
    expect(existsSync(path)).toBe(true)
  })
})
