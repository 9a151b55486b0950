import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { testSecret } from './support/world.ts'

/** What half the time of a start would go into, and nothing of it is needed before a request is. */
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
  await auth.close()
  console.log(JSON.stringify(urls))`

test('a server is ready without the libraries that only some request needs', async () => {
  // In a process of its own: this one has loaded them.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@kaimen/source', '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, env: { ...process.env, SECRET: testSecret } },
  )
  const urls = JSON.parse(stdout) as string[]
  const isLoaded = (name: string) => urls.some((url) => url.includes(`/node_modules/${name}/`))
  expect(isLoaded('hono')).toBe(true)
  expect(later.filter(isLoaded)).toEqual([])
})
