// Sees to it that each service is there, in this order: where its variable says, on its standard
// port, started here, installed and then started. What cannot be had is told aloud.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isRoot, startService, type Opened, type Service } from './service.ts'

type Environment = Record<string, string | undefined>

/**
 * Sets the variable of each service in `env` where it was not set.
 *
 * @param tell What takes long, and what is missing.
 * @param install Whether it could install a package of the system's.
 * @returns Ends what was started.
 * @throws Where a service is missing and `CI` is `true`.
 */
export async function openServices(
  services: readonly Service[],
  env: Environment,
  tell: (line: string) => void,
  install = installOnDebian,
): Promise<() => Promise<void>> {
  const opened: Opened[] = []
  const close = async () => {
    await Promise.all(opened.map((each) => each.close()))
  }
  try {
    for (const service of services) {
      const { name, variable, port } = service
      if (env[variable]) continue
      if (await service.answers(port)) {
        env[variable] = service.url(port)
        continue
      }
      tell(`${name} answers neither at ${variable} nor on port ${port}: starting one …`)
      const started =
        (await startService(service)) ??
        (install(service.package, tell) ? await startService(service) : undefined)
      if (started) {
        opened.push(started)
        env[variable] = started.url
        continue
      }
      const missing = `${name} is not installed, and cannot be from here: tests that need it are SKIPPED. Install ${service.package}, or set ${variable}.`
      if (env['CI'] === 'true') throw new Error(missing)
      tell(missing)
    }
    return close
  } catch (error) {
    await close()
    throw error
  }
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

function installOnDebian(name: string, tell: (line: string) => void): boolean {
  if (!isRoot() || !existsSync('/etc/debian_version')) return false
  tell(`Installing ${name} by apt-get (a minute or two) …`)
  const ours = wishes.filter(({ path }) => !existsSync(path))
  for (const { path, text, mode } of ours) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode })
  }
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const run = (...args: string[]) =>
      spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
    const args = ['install', '-y', '-q', '--no-install-recommends', name]
    return run(...args) || (run('update', '-q') && run(...args))
  } finally {
    for (const { path } of ours) {
      rmSync(path)
      // The package's own, which ucf put beside it.
      if (existsSync(`${path}.ucf-dist`)) renameSync(`${path}.ucf-dist`, path)
    }
  }
}
