import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from '../tools/build.ts'
import { freePort } from '../tools/support/free-port.ts'
import { folderOf } from './server-process.ts'
import type { Surroundings } from './server-process.ts'
import { app } from './servers/server.ts'
import { secretText } from './servers/kaimen.ts'

const root = join(import.meta.dirname, '..')
const main = join(root, 'packages/cli/dist/main.js')
const patienceMs = 30_000

/** Compiles every package, as those have it who install it. */
export async function compile(): Promise<void> {
  const { passed, output } = await build(root)
  if (!passed) throw new Error(output)
}

/** @returns How long `kaimen start` takes from its spawn to its first answer; milliseconds. */
export async function measureStart(surroundings: Surroundings): Promise<number> {
  const port = await freePort()
  const beganMs = performance.now()
  const child = spawn(process.execPath, [main, 'start'], {
    // Its log goes to stderr.
    stdio: 'ignore',
    env: {
      KAIMEN_APPID: app.app_id,
      KAIMEN_APP_SECRET: app.secret,
      KAIMEN_SECRET: secretText,
      KAIMEN_PUBLIC_URL: 'https://auth.example.com',
      KAIMEN_DATA_DIR: folderOf(surroundings, 'start'),
      KAIMEN_PORT: String(port),
    },
  })
  const ended = once(child, 'exit')
  try {
    while (performance.now() - beganMs < patienceMs && child.exitCode === null) {
      if (await answers(port)) return performance.now() - beganMs
      await delay(5)
    }
    throw new Error('kaimen start did not answer')
  } finally {
    child.kill()
    await ended
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok
  } catch {
    return false
  }
}
