#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { ConfigError } from '@kaimen/server'
import { Command, CommanderError, Option } from 'commander'
import { addAdminCommand } from './admin.ts'
import { addCredentialsCommand } from './credentials.ts'
import type { DoctorOptions } from './doctor/doctor.ts'
import { addKeysCommand } from './keys.ts'
import type { EmulatorOptions } from './open-emulator.ts'
import { addSessionsCommand } from './sessions.ts'
import { readSettings } from './settings.ts'
import { addUsersCommand } from './users.ts'

const manifest: unknown = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)
const version =
  manifest instanceof Object && 'version' in manifest ? String(manifest.version) : 'unknown'

const environment = `
Settings come from the environment, or from kaimen.config.ts in this folder; the environment wins.
设置取自环境变量，或当前目录的 kaimen.config.ts；以环境变量为准。

  KAIMEN_APPID, KAIMEN_APP_SECRET  the mini program 小程序; or several, as JSON 或多个应用：
  KAIMEN_APPS                      [{"app_id":"wx…","secret":"…","registration":"open"}]
  KAIMEN_SECRET                    32 characters at least, rolled as 2:new,1:old 至少 32 个字符
  KAIMEN_PUBLIC_URL                where the server is reached 对外地址, https://auth.example.com
  KAIMEN_DATABASE_URL              sqlite:path, default sqlite:<KAIMEN_DATA_DIR>/kaimen.db
  KAIMEN_DATA_DIR                  default 默认 .kaimen
  KAIMEN_PORT                      default 默认 4100
  KAIMEN_DRAIN_SECONDS             of start, until it stops 停止前的摘流秒数, default 默认 5
  KAIMEN_TRUSTED_PROXIES           of the proxies before it 前置反向代理的地址, 10.0.0.0/8,fd00::/8
  KAIMEN_WEB_ORIGINS               of pages to sign in from 供登录的网页的来源, https://shop.example.com,…
  KAIMEN_WEBHOOK_URL               your back end, told and asked 接收 webhook 的后端, https://…
  KAIMEN_WEBHOOK_SECRET            signs webhooks, as KAIMEN_SECRET is written 签名密钥
  KAIMEN_WEBHOOK_TYPES             events,admit,claims; default 默认 events
  KAIMEN_EMULATOR_PORT             default 默认 4180
  KAIMEN_EMULATOR_TLS_PORT         default 默认 4143
  KAIMEN_MINI_PROGRAM              the folder that the phone of dev runs 手机运行的小程序目录
  KAIMEN_WECHAT_API                for start and doctor 用于这两个命令, default https://api.weixin.qq.com`

const emulatorEnvironment = `
  KAIMEN_EMULATOR_PORT             default 默认 4180
  KAIMEN_EMULATOR_TLS_PORT         default 默认 4143
  KAIMEN_DATA_DIR                  default 默认 .kaimen; keeps the CA 保存证书颁发机构`

// Each command loads its own part when it is run: `kaimen start` does without the emulator.
const program = new Command('kaimen')
  .description('WeChat login, end to end / 微信登录，从头到尾')
  .version(version)
  .showHelpAfterError('kaimen --help lists the commands / kaimen --help 列出全部命令')
  .exitOverride()

program
  .command('dev')
  .description(
    'everything, offline: the server and a WeChat on this machine / 离线运行服务端和模拟微信',
  )
  .addHelpText('after', environment)
  .action(async () => {
    const { dev } = await import('./dev.ts')
    await dev(await readSettings(process.env))
  })

program
  .command('start')
  .description('the server, in production, against WeChat / 生产环境，连接微信')
  .option('--host <address>', 'address to listen on / 监听地址', '127.0.0.1')
  .addHelpText('after', environment)
  .action(async ({ host }: { host: string }) => {
    const { start } = await import('./start.ts')
    const { openConsole } = await import('./console.ts')
    const settings = await readSettings(process.env)
    await start(settings, host, openConsole(settings))
  })

program
  .command('emulator')
  .description(
    'WeChat alone, to test a back end in any language / 单独运行模拟微信，可测试任何后端',
  )
  .option('--host <address>', 'address to listen on / 监听地址', '127.0.0.1')
  .option(
    '--push-host <host...>',
    'hosts besides this machine that messages may be pushed to / 除本机外允许推送消息的主机',
  )
  .option('--print-ca', 'print the CA of the TLS port and end / 打印 TLS 端口的 CA 证书后退出')
  .option(
    '--exec',
    'run the Node program after --, whose calls to WeChat end here / 运行 -- 之后的 Node 程序，其微信请求由模拟器应答',
  )
  .argument('[command...]')
  .addHelpText('after', emulatorEnvironment)
  .action(async (command: string[], options: EmulatorOptions & { printCa?: true; exec?: true }) => {
    const { emulator, printCa, runOnEmulator } = await import('./emulator.ts')
    const settings = await readSettings(process.env)
    if (options.printCa) return printCa(settings)
    if (options.exec || command.length > 0) {
      return runOnEmulator(settings, options, command, process.env)
    }
    await emulator(settings, options)
  })

program
  .command('migrate')
  .description('bring the database to this version / 升级数据库结构')
  .addHelpText('after', environment)
  .action(async () => {
    const { migrate } = await import('./migrate.ts')
    await migrate(await readSettings(process.env))
  })

program
  .command('doctor')
  .description('what works, what does not, and how to mend it / 检查各项配置，指出问题与解决办法')
  .addOption(new Option('--lang <language>', 'zh or en / 输出语言').choices(['zh', 'en']))
  .option('--json', 'print the report as JSON / 以 JSON 输出')
  .addHelpText('after', environment)
  .action(async (options: DoctorOptions) => {
    const { doctor } = await import('./doctor/doctor.ts')
    await doctor(await readSettings(process.env), options, process.env)
  })

addUsersCommand(program, () => readSettings(process.env), environment)
addSessionsCommand(program, () => readSettings(process.env), environment)
addCredentialsCommand(program, () => readSettings(process.env), environment)
addKeysCommand(program, () => readSettings(process.env), environment)
addAdminCommand(program, () => readSettings(process.env), environment)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = 1
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else if (error instanceof ConfigError) console.error(`kaimen: ${error.message}`)
  else throw error
}
