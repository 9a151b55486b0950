import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openServices } from '../services/open-services.ts'
import { programs, type Program } from '../services/program.ts'
import { services, type Service } from '../services/service.ts'
import { needs, readFilters } from '../services/setup.ts'
import { isSkipped } from '../services/skip.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(service: Service | Program, env: Record<string, string | undefined> = {}) {
  const told: string[] = []
  closers.push(await openServices([service], env, (line) => void told.push(line)))
  return { url: env[service.variable], told }
}

/** Nothing listens there. */
const nowhere = 1

const portOf = (url: string | undefined) => Number(new URL(url ?? '').port)

describe.each(services)('$name', (service) => {
  const isInstalled = service.begin('/nowhere', nowhere) !== undefined

  it.skipIf(!isInstalled)(
    'is started on a port of its own where nothing answers, and ended',
    { timeout: 120_000 },
    async () => {
      const { url, told } = await open({ ...service, port: nowhere })
      expect(told).toEqual([expect.stringContaining(`on port ${nowhere}: starting one`)])
      const port = portOf(url)
      expect(await service.answers(port)).toBe(true)
      // A second one is used as it is.
      const again = await open({ ...service, port })
      expect(again).toEqual({ url: service.url(port), told: [] })
      await closers.shift()?.()
      expect(await service.answers(port)).toBe(false)
    },
  )

  it('is used where its variable says, unasked', async () => {
    const env = { [service.variable]: 'a://b' }
    expect(await open({ ...service, port: nowhere }, env)).toEqual({ url: 'a://b', told: [] })
  })
})

describe.each(programs)('$name', (program) => {
  it('is used where its variable says, unasked', async () => {
    const env = { [program.variable]: '/a/b' }
    expect(await open(program, env)).toEqual({ url: '/a/b', told: [] })
  })

  it.skipIf(program.find() === undefined)('is used where it is installed', async () => {
    expect(await open(program)).toEqual({ url: program.find(), told: [] })
  })

  it('is not taken from what only bears its name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaimen-path-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const name = program.packages[0] === 'chromium' ? 'chromium' : 'go'
    const pretend = (exitCode: number) =>
      writeFileSync(join(folder, name), `#!/bin/sh\nexit ${exitCode}\n`, { mode: 0o755 })
    vi.stubEnv('PATH', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    pretend(1)
    expect(program.find()).toBeUndefined()
    pretend(0)
    expect(program.find()).toBe(join(folder, name))
  })

  it('is installed where it can be, with what it needs', async () => {
    let isThere = false
    const missing: Program = { ...program, find: () => (isThere ? '/a/b' : undefined) }
    const env: Record<string, string | undefined> = { CI: 'true' }
    const told: string[] = []
    const tell = (line: string) => void told.push(line)
    const install = (packages: readonly string[]) => {
      expect(packages).toEqual(program.packages)
      return (isThere = true)
    }
    closers.push(await openServices([missing], env, tell, install))
    expect(env[program.variable]).toBe('/a/b')
    expect(told).toEqual([`${program.name} is neither at ${program.variable} nor in the path.`])
  })

  it('is told aloud where it cannot be had, and fails the run in CI', async () => {
    const missing: Program = { ...program, find: () => undefined }
    const told: string[] = []
    const tell = (line: string) => void told.push(line)
    closers.push(await openServices([missing], {}, tell, () => false))
    expect(told.at(-1)).toContain('SKIPPED')
    const opening = openServices([missing], { CI: 'true' }, tell, () => false)
    await expect(opening).rejects.toThrow(`${program.name} is not installed`)
  })
})

describe('what is neither there nor installed', () => {
  const [, , redis] = services
  if (!redis) throw new Error('there are three services')
  const missing: Service = { ...redis, port: nowhere, begin: () => undefined }

  it('is told aloud where it cannot be installed, and its variable stays unset', async () => {
    const env: Record<string, string | undefined> = {}
    const told: string[] = []
    const tell = (line: string) => void told.push(line)
    closers.push(await openServices([missing], env, tell, () => false))
    expect(env).toEqual({})
    expect(told.at(-1)).toContain('SKIPPED')
  })

  it('fails the run in CI', async () => {
    const opening = openServices(
      [missing],
      { CI: 'true' },
      () => {},
      () => false,
    )
    await expect(opening).rejects.toThrow('Redis is not installed')
  })

  it.skipIf(redis.begin('/nowhere', nowhere) === undefined)(
    'is installed where it can be, then started',
    async () => {
      let isThere = false
      const service: Service = {
        ...redis,
        port: nowhere,
        begin: (folder, port) => (isThere ? redis.begin(folder, port) : undefined),
      }
      const env: Record<string, string | undefined> = { CI: 'true' }
      const install = (packages: readonly string[]) => {
        expect(packages).toEqual(['redis-server'])
        isThere = true
        return true
      }
      closers.push(await openServices([service], env, () => {}, install))
      expect(await service.answers(portOf(env[service.variable]))).toBe(true)
    },
  )
})

describe('what a test starts by itself', () => {
  const skip = (isThere: boolean, env: Record<string, string | undefined>) => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    return { isSkipped: isSkipped('a server', isThere, env), told: told.mock.calls.flat() }
  }

  it('is skipped aloud where it is not installed', () => {
    expect(skip(true, {})).toEqual({ isSkipped: false, told: [] })
    expect(skip(false, {})).toEqual({
      isSkipped: true,
      told: ['a server is not installed: tests that need it are SKIPPED.'],
    })
  })

  it('fails the run in CI where it is not installed', () => {
    expect(skip(true, { CI: 'true' }).isSkipped).toBe(false)
    expect(() => skip(false, { CI: 'true' })).toThrow('a server is not installed')
  })
})

it('what a run needs is read from the files that it names, not from its options', () => {
  const line = ['--reporter=json', '--outputFile.json=/tmp/results', 'run', 'a/b.test.ts', '-u']
  expect(readFilters(line)).toEqual(['a/b.test.ts'])
})

it('a test needs what it names, and what the support files that it imports name, at any distance', () => {
  const tests = join(import.meta.dirname, '../../packages')
  const needed = (file: string) =>
    [...services, ...programs]
      .map(({ variable }) => variable)
      .filter((variable) => needs(join(tests, file), variable))
  expect(needed('server/test/store/server-database.test.ts')).toEqual([
    'TEST_POSTGRES_URL',
    'TEST_MYSQL_URL',
  ])
  expect(needed('cli/test/database-server.test.ts')).toEqual([
    'TEST_POSTGRES_URL',
    'TEST_MYSQL_URL',
  ])
  expect(needed('server/test/id.test.ts')).toEqual([])
})
