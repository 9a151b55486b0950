import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuth } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testClock } from '../support/clock.ts'
import { openWorld, testSecret, type World } from '../support/world.ts'

let folder = ''
let world: World
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-console-'))
  await mkdir(join(folder, 'page', 'assets'), { recursive: true })
  const write = (name: string, text: string) => writeFile(join(folder, name), text)
  await write('secret.json', '"outside"')
  await write('page/index.html', '<!doctype html><title>Kaimen</title>')
  await write('page/favicon.svg', '<svg/>')
  await write('page/.env.json', '"hidden"')
  await write('page/page.exe', 'x')
  await write('page/assets/index-B3kd92_x.js', 'let a')
  await write('page/assets/index-B3kd92_x.css', 'a{}')
  await symlink(join(folder, 'page', 'assets'), join(folder, 'page', 'linked'))
  world = await openWorld({ console: { folder: join(folder, 'page') } })
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

const get = (path: string) => world.send('GET', path)

describe('the console’s page', () => {
  it('[WB-3] runs and shows nothing but its own files, in no frame', async () => {
    const reply = await get('/console/')
    expect([reply.status, reply.text]).toEqual([200, '<!doctype html><title>Kaimen</title>'])
    const policy = reply.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("base-uri 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    })
  })

  it('is at /console/, to which /console leads', async () => {
    const reply = await get('/console')
    expect([reply.status, reply.headers.get('location')]).toEqual([
      308,
      'http://kaimen.test/console/',
    ])
  })

  it('has files that are kept for good where their names have their content’s hash', async () => {
    for (const [name, type] of [
      ['assets/index-B3kd92_x.js', 'text/javascript; charset=utf-8'],
      ['assets/index-B3kd92_x.css', 'text/css; charset=utf-8'],
    ] as const) {
      const { status, headers } = await get(`/console/${name}`)
      expect([status, headers.get('content-type')]).toEqual([200, type])
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    }
    expect((await get('/console/favicon.svg')).headers.get('cache-control')).toBe('no-cache')
  })

  it.each([
    '/console/../secret.json',
    '/console/..%2fsecret.json',
    '/console/%2e%2e/secret.json',
    '/console/assets/..%2F..%2F..%2Fsecret.json',
    '/console/..\\secret.json',
    '/console//secret.json',
    '/console/.env.json',
    '/console/%2eenv.json',
    '/console/page.exe',
    '/console/assets',
    '/console/assets/',
    '/console/index.html%00.js',
    '/console/nowhere.js',
    '/consoles/',
  ])('%s is not found, and says nothing of the disk', async (path) => {
    const reply = await get(path)
    expect([reply.status, reply.body['code']]).toEqual([404, 'not_found'])
    expect(reply.text).not.toMatch(/outside|hidden|tmp|ENOENT/)
  })

  it('is not there where none is given, and its interface is', async () => {
    const without = await openWorld()
    expect((await without.send('GET', '/console/')).status).toBe(404)
    expect((await without.send('GET', '/v1/admin/session')).status).toBe(401)
    await without.close()
  })

  it.each([
    [{ folder: '/nowhere' }, 'console.folder'],
    [{ folder: 1 }, 'console.folder'],
    [{ examine: 1 }, 'console.examine'],
    [{ page: 'x' }, 'console.page'],
  ])('an option that is wrong is named: %j', (console, said) => {
    const options = {
      publicUrl: 'http://kaimen.test',
      secret: testSecret,
      apps: [{ app_id: 'wx0123456789abcdef', secret: '0'.repeat(32) }],
      store: createMemoryStore(testClock()),
    }
    // As one that TypeScript would not let through.
    const change: object = { console }
    expect(() => createAuth({ ...options, ...change })).toThrow(said)
  })

  it('and its interface stand under the path of publicUrl', async () => {
    const under = await openWorld({
      publicUrl: 'http://kaimen.test/auth',
      console: { folder: join(folder, 'page') },
    })
    for (const prefix of ['', '/auth']) {
      expect((await under.send('GET', `${prefix}/console/`)).status).toBe(200)
    }
    const { headers } = await under.send('GET', '/auth/console')
    expect(headers.get('location')).toBe('http://kaimen.test/auth/console/')
    await under.close()
  })
})
