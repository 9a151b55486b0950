import { createInterface } from 'node:readline/promises'
import type { Whose } from '@kaimen/server'
import type { Command } from 'commander'
import { operate, quote, type Read } from './operate.ts'
import { refuse } from './refuse.ts'
import type { Settings } from './settings.ts'

type Options = { user?: string; app?: string; all?: true; yes?: true }

/** `kaimen sessions end`: signs out one user, everybody in an app, or everybody. */
export function addSessionsCommand(program: Command, read: Read, environment: string): void {
  const sessions = program
    .command('sessions')
    .description('sign people out, one or all / 强制退出登录，单个用户或全部')
    .addHelpText('after', environment)

  sessions
    .command('end')
    .description('they sign in anew; with WeChat that is silent / 之后需重新登录，微信登录无感')
    .option('--user <user>', 'of one user / 某个用户')
    .option('--app <app_id>', 'of everybody in an app / 某个应用的所有用户')
    .option('--all', 'of everybody / 所有用户')
    .option('--yes', 'do not ask / 不再确认')
    .action(async (options: Options) => {
      const whose = readWhose(options)
      if (options.app !== undefined) requireConfigured(await read(), options.app)
      if (!options.yes) await confirm(whose)
      await operate(read, async (on) => {
        if ((await on.sessions.endAll(whose)) === 'not_found') throw noSession(options.user ?? '')
        console.log(`${nameOf(whose)}: signed out / 已退出登录`)
      })
    })
}

function readWhose({ user, app, all }: Options): Whose {
  const given: Whose[] = [
    ...(user === undefined ? [] : [{ user_id: user }]),
    ...(app === undefined ? [] : [{ app_id: app }]),
    ...(all ? [{ all } as const] : []),
  ]
  const [whose] = given
  if (whose && given.length === 1 && app !== '') return whose
  throw refuse(
    'Say whose: --user, --app or --all, and only one of them.',
    '请指明范围：--user、--app 或 --all，且只能选一个。',
  )
}

/** For an app that nobody has signed in to there is nothing to end, and nothing would say so. */
function requireConfigured({ apps }: Settings, app_id: string) {
  if (apps.some((app) => app.app_id === app_id)) return
  throw refuse(
    `The app ${quote(app_id)} is none of the ${apps.length} that are configured here, so nobody was signed out. Correct --app, or set KAIMEN_APPS as the servers have it.`,
    `应用 ${quote(app_id)} 不在此处配置的 ${apps.length} 个应用之中，没有让任何人退出。请更正 --app，或把 KAIMEN_APPS 设为与服务端相同的值。`,
  )
}

const nameOf = (whose: Whose) =>
  'user_id' in whose ? quote(whose.user_id) : 'app_id' in whose ? quote(whose.app_id) : '*'

/** Asks on a terminal; where there is none, nobody could answer. */
async function confirm(whose: Whose) {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    throw refuse(
      'This signs people out. Add --yes where there is no terminal to ask on.',
      '该操作会让用户退出登录。没有终端可供确认时，请加上 --yes。',
    )
  }
  const terminal = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await terminal.question(`Sign out / 退出登录: ${nameOf(whose)} ? (yes/no) `)
    if (answer.trim().toLowerCase() === 'yes') return
  } finally {
    terminal.close()
  }
  throw refuse('Nothing was done.', '没有做任何更改。')
}

const noSession = (id: string) =>
  refuse(
    `${quote(id)}: no session to end; there is no such user, or they are signed in nowhere.`,
    `${quote(id)}：没有可结束的登录；没有这个用户，或其没有登录。`,
  )
