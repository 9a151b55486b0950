import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { testSecret } from './support/world.ts'

/** What a third of a start would go into. */
const later = ['undici', 'libphonenumber-js', 'rate-limiter-flexible', '@node-rs/argon2']

const program = `
  import { registerHooks } from 'node:module'
  const urls = []
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
  const { createAuth } = await import('@kaimen/server')
  const { createMemoryStore } = await import('@kaimen/server/store/memory')
  const auth = createAuth({
    publicUrl: 'https://auth.example.com',
    secret: process.env.SECRET,
    apps: [{ app_id: 'wx0123456789abcdef', secret: '0123456789abcdef0123456789abcdef' }],
    store: createMemoryStore({ now: Date.now }),
  })
  await auth.ready()
  const ready = [...urls]
  await auth.warmUp()
  await auth.close()
  console.log(JSON.stringify({ ready, warm: urls }))`

test('a server is ready without the libraries that only requests need, and warms up to a sign-in', async () => {
  // In a process of its own: this one has loaded them.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@kaimen/source', '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, env: { ...process.env, SECRET: testSecret } },
  )
  const { ready, warm } = JSON.parse(stdout) as Record<'ready' | 'warm', string[]>
  const among = (urls: string[]) => (name: string) =>
    urls.some((url) => url.includes(`/node_modules/${name}/`))
  expect(among(ready)('hono')).toBe(true)
  expect(later.filter(among(ready))).toEqual([])
  expect(later.filter(among(warm))).toEqual(['undici', 'rate-limiter-flexible'])
})
