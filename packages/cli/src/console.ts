import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock, type ConsoleOptions, type Health } from '@kaimen/server'
import type { Finding } from './doctor/finding.ts'
import type { Settings } from './settings.ts'

/** The operator's page, where `@kaimen/console` is installed and built; and what doctor says. */
export function openConsole(settings: Settings): ConsoleOptions {
  return { folder: findPage(), examine: () => look(settings) }
}

const page = '@kaimen/console'

function findPage(): string | undefined {
  try {
    const manifest = fileURLToPath(import.meta.resolve(`${page}/package.json`))
    const folder = join(dirname(manifest), 'dist')
    return existsSync(join(folder, 'index.html')) ? folder : undefined
  } catch {
    return undefined
  }
}

async function look(settings: Settings): Promise<Health> {
  const { examine } = await import('./doctor/examine.ts')
  const { machine, apps } = await examine(settings, {
    clock: systemClock,
    nodeVersion: process.versions.node,
    timeoutMs: 5000,
    onProgress: () => {},
  })
  return {
    checks: machine.map(tell),
    apps: apps.flatMap(({ app_id, findings }) =>
      app_id === undefined ? [] : { app_id, checks: findings.map(tell) },
    ),
  }
}

function tell({ check, status, says, fix, errcode }: Finding): Health['checks'][number] {
  return {
    check,
    status,
    says: { en: says.en, 'zh-CN': says.zh },
    ...(fix && { fix: { en: fix.en, 'zh-CN': fix.zh } }),
    ...(errcode !== undefined && { errcode }),
  }
}
