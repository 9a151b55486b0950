import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { freePorts, runKaimen, tempFolder } from './support/kaimen.ts'

const rows = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('kaimen admin', () => {
  it('prints a link that sets up an administrator, alone on standard output', async () => {
    const KAIMEN_DATA_DIR = await tempFolder()
    const [port = '', emulator = ''] = await freePorts(2)
    const env = { KAIMEN_DATA_DIR, KAIMEN_PORT: port, KAIMEN_EMULATOR_PORT: emulator }
    const invited = await runKaimen(['admin', 'invite', '--role', 'operator'], env).ended
    expect(invited.code).toBe(0)
    expect(invited.stderr).toContain('operator')
    const link = /^http:\/\/127\.0\.0\.1:\d+\/console\/#\/set-up\/([\w-]{43})\n$/.exec(
      invited.stdout,
    )
    expect(link).not.toBeNull()
    const token = link?.[1] ?? ''
    expect(invited.stderr).not.toContain(token)

    const dev = runKaimen(['dev'], env)
    await dev.printed(`http://127.0.0.1:${port}`)
    const reply = await fetch(`http://127.0.0.1:${port}/v1/admin/set-up/begin`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` },
      body: JSON.stringify({ token }),
    })
    expect(await reply.json()).toMatchObject({ role: 'operator' })
    expect(dev.stdout() + dev.stderr()).not.toContain(token)
    dev.signal('SIGTERM')
    await dev.ended
    const { stdout } = await runKaimen(['users', 'events'], env).ended
    expect(rows(stdout)).toContainEqual(
      expect.objectContaining({ kind: 'admin_invited', detail: { role: 'operator' } }),
    )
    expect(stdout).not.toContain(token)
    await rm(KAIMEN_DATA_DIR, { recursive: true })
  })

  it.each([
    [['invite', '--role', 'king'], 'viewer, operator, owner'],
    [['role', 'adm_00000000000', 'king'], 'one of viewer'],
    [['role', 'adm_00000000000', 'viewer'], 'no such administrator'],
    [['end', 'usr_00000000000'], 'no such administrator'],
  ])('refuses %j in words', async (args, said) => {
    const KAIMEN_DATA_DIR = await tempFolder()
    const { code, stdout, stderr } = await runKaimen(['admin', ...args], { KAIMEN_DATA_DIR }).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(said)
    expect(stderr).not.toContain('    at ')
  })
})
