import type { Operations } from '@kaimen/server'
import type { Command } from 'commander'
import { operate, printRows, type Read } from './operate.ts'
import { refuse } from './refuse.ts'
import type { Settings } from './settings.ts'

/** `kaimen keys`: the keys that sign access tokens, beside servers that run. */
export function addKeysCommand(program: Command, read: Read, environment: string): void {
  const keys = program
    .command('keys')
    .description('list and rotate the keys that sign access tokens / 查看、轮换访问令牌的签名密钥')
    .addHelpText('after', environment)

  keys
    .command('list')
    .description('next, current, previous; JSON, one a line / 每行一个 JSON')
    .action(() => operateOnKeys(read, async (on) => printRows(await on.keys.list())))

  keys
    .command('rotate')
    .description('have the next key sign / 启用下一个密钥')
    .option(
      '--now',
      'with a fresh key, at once; with --revoke / 立即启用全新密钥，须与 --revoke 同用',
    )
    .option(
      '--revoke',
      'a key leaked: drop all others and every access token / 密钥泄露时作废其余密钥和全部访问令牌',
    )
    .action(async ({ now = false, revoke = false }: { now?: boolean; revoke?: boolean }) => {
      if (now !== revoke) throw onlyTogether()
      await operateOnKeys(read, async ({ keys: on }) => {
        if (revoke) {
          const { kid, revoked } = await on.revoke()
          console.log(`${kid}: signs now`)
          for (const each of revoked) console.log(`${each}: revoked`)
          return console.log(whenRevoked)
        }
        const rotated = await on.rotate()
        if (rotated.outcome === 'too_soon') throw tooSoon(rotated.at)
        console.log(`${rotated.kid}: signs now`)
      })
    })
}

const operateOnKeys = (read: Read, act: (on: Operations) => Promise<void>) =>
  operate(read, act, ({ secret, hooks }: Settings) => {
    if (secret === undefined) throw noSecret()
    const { accessTokenSeconds, signingKeys } = hooks
    return { secret, accessTokenSeconds, signingKeys }
  })

const whenRevoked = `Servers refuse what the others signed within 20 seconds, verifiers within 10 minutes; restart verifiers that cannot wait. Clients refresh by themselves.
服务端 20 秒内、校验方 10 分钟内拒绝旧令牌；不能等待的校验方请重启。客户端会自动刷新。`

const onlyTogether = () =>
  refuse(
    '--now and --revoke go together: a key that no verifier knows yet signs at once only when another leaked. Without both, the next key signs, which no verifier notices.',
    '--now 与 --revoke 必须同用：只有密钥泄露时才立即启用校验方尚不认识的密钥。都不加则启用下一个密钥，校验方无感知。',
  )

const noSecret = () =>
  refuse(
    'KAIMEN_SECRET is missing: signing keys are sealed under it. Set it as the servers have it.',
    '缺少 KAIMEN_SECRET：签名密钥以它加密。请设为与服务端相同的值。',
  )

const tooSoon = (at: Date) =>
  refuse(
    `Too soon: until ${at.toISOString()} verifiers may not know the next key, or still need the previous one. Nothing was done. If a key leaked: kaimen keys rotate --now --revoke.`,
    `为时过早：${at.toISOString()} 之前，校验方可能还不认识下一个密钥，或仍需要上一个密钥。未做任何更改。如果密钥泄露，请用 kaimen keys rotate --now --revoke。`,
  )
