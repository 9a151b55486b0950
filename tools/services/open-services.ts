// Sees to it that what tests need is there. A service, in this order: where its variable says, on its
// standard port, started here, installed and then started; a program: where its variable says, where
// it is installed, installed here. What cannot be had is told aloud.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Program } from './program.ts'
import { isRoot, startService, type Opened, type Service } from './service.ts'

type Environment = Record<string, string | undefined>

/**
 * Sets the variable of each in `env` where it was not set.
 *
 * @param tell What takes long, and what is missing.
 * @param install Whether it could install packages of the system's.
 * @returns Ends what was started.
 * @throws Where one is missing and `CI` is `true`.
 */
export async function openServices(
  needed: readonly (Service | Program)[],
  env: Environment,
  tell: (line: string) => void,
  install = installOnDebian,
): Promise<() => Promise<void>> {
  const opened: Opened[] = []
  const close = async () => {
    await Promise.all(opened.map((each) => each.close()))
  }
  try {
    for (const need of needed) {
      const { name, variable, packages } = need
      if (env[variable]) continue
      const place = await find(need)
      if (place !== undefined) {
        env[variable] = place
        continue
      }
      tell(
        'port' in need
          ? `${name} answers neither at ${variable} nor on port ${need.port}: starting one …`
          : `${name} is neither at ${variable} nor in the path.`,
      )
      const started =
        (await start(need)) ?? (install(packages, tell) ? await start(need) : undefined)
      if (started) {
        opened.push(started)
        env[variable] = started.url
        continue
      }
      const missing = `${name} is not installed, and cannot be from here: tests that need it are SKIPPED. Install ${packages.join(' and ')}, or set ${variable}.`
      if (env['CI'] === 'true') throw new Error(missing)
      tell(missing)
    }
    return close
  } catch (error) {
    await close()
    throw error
  }
}

/** What a service's standard port answers, or where a program is. */
async function find(need: Service | Program): Promise<string | undefined> {
  if (!('port' in need)) return need.find()
  return (await need.answers(need.port)) ? need.url(need.port) : undefined
}

async function start(need: Service | Program): Promise<Opened | undefined> {
  if ('port' in need) return startService(need)
  const path = need.find()
  return path === undefined ? undefined : { url: path, close: async () => {} }
}

/** Debian starts what it installs, and makes a PostgreSQL cluster, unless these files say no. */
const wishes = [
  { path: '/usr/sbin/policy-rc.d', text: '#!/bin/sh\nexit 101\n', mode: 0o755 },
  {
    path: '/etc/postgresql-common/createcluster.conf',
    text: 'create_main_cluster = false\n',
    mode: 0o644,
  },
]

function installOnDebian(packages: readonly string[], tell: (line: string) => void): boolean {
  if (!isRoot() || !existsSync('/etc/debian_version')) return false
  tell(`Installing ${packages.join(' and ')} by apt-get (a minute or two) …`)
  const ours = wishes.filter(({ path }) => !existsSync(path))
  for (const { path, text, mode } of ours) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode })
  }
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const run = (...args: string[]) =>
      spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
    const args = ['install', '-y', '-q', '--no-install-recommends', ...packages]
    return run(...args) || (run('update', '-q') && run(...args))
  } finally {
    for (const { path } of ours) {
      rmSync(path)
      // The package's own, which ucf put beside it.
      if (existsSync(`${path}.ucf-dist`)) renameSync(`${path}.ucf-dist`, path)
    }
  }
}
