import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { budgetBytes } from '../bundle.mts'
import type * as Module from '../src/index.ts'
import { bundleForMiniProgram } from './support/mini-program-bundle.ts'
import { authUrl, createWorld, shopUrl, type World } from './support/world.ts'

let code = ''
beforeAll(async () => {
  code = await bundleForMiniProgram()
})

/** A program that has ECMAScript, timers and `wx`, and nothing else; no eval and no Proxy either. */
function runBare(world: World, prepare = ''): typeof Module {
  const context = createContext(
    { module: { exports: {} }, wx: world.wx, setTimeout, clearTimeout },
    { codeGeneration: { strings: false, wasm: false } },
  )
  runInContext(`delete globalThis.Proxy; delete globalThis.WebAssembly; ${prepare}`, context)
  runInContext(`(function (module, exports) {${code}\n})(module, module.exports)`, context)
  return runInContext('module.exports', context) as typeof Module
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

describe('the bundle for mini programs', () => {
  it('has no syntax newer than ES2015', async () => {
    const [older, newer] = await Promise.all(
      ['es2015', 'esnext'].map((target) => transform(code, { target })),
    )
    expect(older?.code).toBe(newer?.code)
    expect(code).not.toMatch(/\basync\b|\bawait\b/)
  })

  it('keeps to its size', () => {
    expect(gzipSync(code).length).toBeLessThanOrEqual(budgetBytes)
  })

  it('[WX-2] holds no secret, and no source map', () => {
    expect(code).not.toMatch(/secret|session_key|sourceMappingURL/i)
  })

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
