import { seedWorld, type Emulator } from '@kaimen/emulator'
import { describeDatabase } from './stores.ts'

/** What `kaimen dev` says when everything runs. */
export function printBanner(at: {
  serverUrl: string
  /** Missing where the page is not there. */
  consoleUrl: string | undefined
  emulator: Emulator
  databaseUrl: string
  hasPhone: boolean
}) {
  const { url: emulatorUrl, tlsUrl } = at.emulator
  const [app] = seedWorld.apps
  const [person] = seedWorld.people
  const phone = at.hasPhone ? `\n  phone     手机      ${at.serverUrl}/phone/` : ''
  const entrance = at.consoleUrl === undefined ? '' : `\n  console   控制台    ${at.consoleUrl}`
  console.log(`
  Kaimen 开门

  stage     舞台      ${at.serverUrl}/stage/   ← open this / 打开它${phone}${entrance}
  server    服务端    ${at.serverUrl}
  interface 接口文档  ${at.serverUrl}/openapi.json
  keys      公钥      ${at.serverUrl}/.well-known/jwks.json
  emulator  微信模拟  ${emulatorUrl}
  over TLS  加密端口  ${tlsUrl}
  world     模拟世界  ${emulatorUrl}/emulator/world
  database  数据库    ${describeDatabase(at.databaseUrl)}

  A login, in another shell / 另开一个终端，登录一次：

  curl -s ${emulatorUrl}/emulator/wx/login -H 'content-type: application/json' \\
    -d '{"appid":"${app.appid}","person":"${person.id}"}'
  curl -s ${at.serverUrl}/v1/sign-in/wechat -H 'content-type: application/json' \\
    -d '{"app_id":"${app.appid}","code":"<code>"}'

  Ctrl-C ends everything / 按 Ctrl-C 结束
`)
}
