import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import fallback from '../account/package.json' with { type: 'json' }
import {
  budgetBytes,
  bundleForMiniProgram,
  bundleForWeb,
  entries,
  webBudgetBytes,
} from '../bundle.mts'
import manifest from '../package.json' with { type: 'json' }
import type * as Account from '../src/account.ts'
import type * as Module from '../src/index.ts'
import webFallback from '../web/package.json' with { type: 'json' }
import { authUrl, createWorld, shopUrl, type World } from './support/world.ts'

const code = { index: '', account: '' }
beforeAll(async () => {
  for (const entry of entries) code[entry] = await bundleForMiniProgram(entry)
})

/** A program that has ECMAScript, timers and `wx`, and nothing else; no eval and no Proxy either. */
function runBare(world: World, prepare = ''): typeof Module & typeof Account {
  const context = createContext(
    { loaded: {}, wx: world.wx, setTimeout, clearTimeout },
    { codeGeneration: { strings: false, wasm: false } },
  )
  runInContext(`delete globalThis.Proxy; delete globalThis.WebAssembly; ${prepare}`, context)
  // As WeChat's loader has it: what another file exports comes from require.
  for (const entry of entries)
    runInContext(
      `(function (require, exports) {${code[entry]}\n})(
        (path) => loaded[path], loaded['./${entry}.js'] = {})`,
      context,
    )
  return runInContext(
    "Object.assign({}, loaded['./index.js'], loaded['./account.js'])",
    context,
  ) as typeof Module & typeof Account
}

/** Three times 20 requests: at first, after a change of keys, after the end of the session. */
async function liveThrough(world: World, { createClient }: typeof Module): Promise<object> {
  const client = createClient({ baseUrl: authUrl, apiOrigins: [shopUrl] })
  const ask = () =>
    Promise.all(Array.from({ length: 20 }, () => client.request({ url: `${shopUrl}/orders` })))
  const replies = await ask()
  world.server.spoilAccessTokens()
  replies.push(...(await ask()))
  world.server.endSessions()
  replies.push(...(await ask()))
  await client.logout()
  return {
    statuses: [...new Set(replies.map(({ statusCode }) => statusCode))],
    logins: world.logins.total,
    refreshes: world.server.count('/v1/token'),
    user: client.user,
  }
}

const well = { statuses: [200], logins: 2, refreshes: 2, user: null }

describe('the files for mini programs', () => {
  it.each(entries)('%s.js has no syntax newer than ES2015', async (entry) => {
    const [older, newer] = await Promise.all(
      ['es2015', 'esnext'].map((target) => transform(code[entry], { target })),
    )
    expect(older?.code).toBe(newer?.code)
    expect(code[entry]).not.toMatch(/\basync\b|\bawait\b/)
  })

  it.each(entries)('%s.js keeps to its size', (entry) => {
    expect(gzipSync(code[entry]).length).toBeLessThanOrEqual(budgetBytes[entry])
  })

  it.each(entries)('[WX-2] %s.js holds no secret, and no source map', (entry) => {
    expect(code[entry]).not.toMatch(/secret|session_key(?!_stale)|sourceMappingURL/i)
  })

  it('are two, of which the second takes from the first what it needs', async () => {
    expect(code.account.match(/require\([^)]*\)/g)).toEqual(['require("./index.js")'])
    expect(code.account).not.toContain('Bearer')
    const world = createWorld()
    const { account, createClient, AuthError } = runBare(world)
    const me = account(createClient({ baseUrl: authUrl }))
    expect(await me.get()).toMatchObject({ id: 'user-li' })
    await expect(me.removeDevice('none')).rejects.toBeInstanceOf(AuthError)
  })

  it.each([
    ['account', fallback],
    ['web', webFallback],
  ] as const)(
    'have a %s that is found without exports as well, which webpack 4 does not read',
    (name, found) => {
      const published = manifest.exports[`./${name}`]
      const at = (path: string) => `./${join(name, path)}`
      expect(at(found.main)).toBe(published.require.default)
      expect(at(found.types)).toBe(published.require.types)
      expect(at(found.module)).toBe(published.import.default)
      expect(manifest.files).toContain(name)
    },
  )

  it('needs nothing but ECMAScript, timers and wx', async () => {
    const world = createWorld()
    expect(await liveThrough(world, runBare(world))).toEqual(well)
  })

  it('does not rely on the order of microtasks, which iOS 15 and older do not have', async () => {
    const world = createWorld()
    // As WeChat's stand-in for Promise there: callbacks are tasks, and come a little late.
    const latePromise = `
      const Native = Promise, { setTimeout: later } = globalThis
      let seed = 7
      const late = (run) => typeof run !== 'function' ? run : (value) => new Native((resolve, reject) =>
        later(() => { try { resolve(run(value)) } catch (error) { reject(error) } }, (seed = seed * 16807 % 2147483647) % 4))
      globalThis.Promise = class extends Native {
        then(done, failed) { return super.then(late(done), late(failed)) }
      }`
    expect(await liveThrough(world, runBare(world, latePromise))).toEqual(well)
  })
})

describe('the file for web pages', () => {
  it('has no syntax newer than ES2020, and keeps to its size', async () => {
    const web = await bundleForWeb()
    const [older, newer] = await Promise.all(
      ['es2020', 'esnext'].map((target) => transform(web, { target })),
    )
    expect(older?.code).toBe(newer?.code)
    expect(gzipSync(web).length).toBeLessThanOrEqual(webBudgetBytes)
  })

  it('[WX-2] holds no secret, no source map, and nothing that a strict policy forbids', async () => {
    const web = await bundleForWeb()
    expect(web).not.toMatch(/secret|session_key(?!_stale)|sourceMappingURL/i)
    expect(web).not.toMatch(/\beval\b|new Function|innerHTML|\.style\b|localStorage|sessionStorage/)
  })

  it('may be loaded where there is no page, as on a server that renders one', async () => {
    const { code } = await transform(await bundleForWeb(), { format: 'cjs' })
    const module = { exports: {} }
    runInContext(code, createContext({ module }))
    expect(module.exports).toHaveProperty('createWebClient')
  })
})
