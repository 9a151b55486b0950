#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { ConfigError } from '@kaimen/server'
import { Command, CommanderError } from 'commander'
import { dev } from './dev.ts'
import { emulator } from './emulator.ts'
import { migrate } from './migrate.ts'
import { readSettings } from './settings.ts'
import { start } from './start.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

const environment = `
Settings come from kaimen.config.ts in this folder, or from the environment, which wins:
  KAIMEN_APPID, KAIMEN_APP_SECRET     the mini program; or several, as JSON:
  KAIMEN_APPS                         [{"app_id":"wx…","secret":"…","open_platform":null,"registration":"open"}]
  KAIMEN_SECRET                       32 characters at least; rolled as 2:new,1:old
  KAIMEN_PUBLIC_URL                   where the server is reached, as in https://auth.example.com
  KAIMEN_DATABASE_URL                 sqlite:path (default: sqlite:<data dir>/kaimen.db)
  KAIMEN_DATA_DIR                     default .kaimen
  KAIMEN_PORT                         default 4100
  KAIMEN_EMULATOR_PORT                default 4180
  KAIMEN_WECHAT_API                   default https://api.weixin.qq.com`

const program = new Command('kaimen')
  .description('WeChat login, end to end / 微信登录，从头到尾')
  .version(version)
  .showHelpAfterError()
  .exitOverride()

program
  .command('dev')
  .description('everything, offline: the server and a WeChat that runs on this machine')
  .addHelpText('after', environment)
  .action(async () => dev(await readSettings(process.env)))

program
  .command('start')
  .description('the server, in production, against WeChat')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .addHelpText('after', environment)
  .action(async ({ host }: { host: string }) => start(await readSettings(process.env), host))

program
  .command('emulator')
  .description(
    'a WeChat to test any back end with: it can be asked for a code, aged, broken and reset',
  )
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .action(async ({ host }: { host: string }) => emulator(await readSettings(process.env), host))

program
  .command('migrate')
  .description('bring the database to this version')
  .addHelpText('after', environment)
  .action(async () => migrate(await readSettings(process.env)))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = 1
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else if (error instanceof ConfigError) console.error(`kaimen: ${error.message}`)
  else throw error
}
