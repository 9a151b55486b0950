// A process of its own: `callers` at once ask for an access_token, and it says what they got.
import { createAccessTokens, createWechat } from '../../src/index.ts'
import { openSqliteStore } from './sqlite-store.ts'

const [, , baseUrl = '', file = '', appid = '', secret = '', callers = '', leaseMs = ''] =
  process.argv

const wechat = createWechat({ baseUrl })
const store = openSqliteStore(file)
const tokens = createAccessTokens({
  wechat,
  apps: [{ appid, secret }],
  store,
  leaseMs: Number(leaseMs),
})
process.stdout.write('ready\n')
process.stdin.once('data', () => void ask())

async function ask(): Promise<void> {
  const got = await Promise.all(Array.from({ length: Number(callers) }, () => tokens.get(appid)))
  process.stdout.write(`${JSON.stringify([...new Set(got.map((token) => token.reveal()))])}\n`)
  await tokens.close()
  await wechat.close()
  process.exit()
}
