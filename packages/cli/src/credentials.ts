import { serviceScopes, type CredentialOptions, type ServiceScope } from '@kaimen/server'
import type { Command } from 'commander'
import { operate, printRows, quote, type Read } from './operate.ts'
import { refuse } from './refuse.ts'

/**
 * `kaimen credentials`: what lets back ends in. A secret goes to stdout alone, so that it can be
 * piped.
 */
export function addCredentialsCommand(program: Command, read: Read, environment: string): void {
  const credentials = program
    .command('credentials')
    .description('what lets your back ends in / 管理后端使用的服务凭证')
    .addHelpText('after', environment)

  credentials
    .command('create <name>')
    .description('make one; its secret is printed once / 新建，密钥只显示一次')
    .requiredOption('--scopes <scopes>', `some of / 权限: ${serviceScopes.join(',')}`)
    .option('--expires-days <days>', 'or never 或不过期: never', '365')
    .action((name: string, options: { scopes: string; expiresDays: string }) =>
      operate(read, async (on) => {
        const { id, secret } = await on.credentials.create(readOptions(name, options))
        console.error(
          `${id}: created. The secret is not shown again; keep it as a secret of the back end.\n${id}：已创建。密钥不会再次显示，请作为后端的机密妥善保存。`,
        )
        console.log(secret.reveal())
      }),
    )

  credentials
    .command('list')
    .description('all, ended ones too; JSON, one a line / 全部凭证，每行一个 JSON')
    .action(() => operate(read, async (on) => printRows(await on.credentials.list())))

  credentials
    .command('rotate <credential>')
    .description(
      'a new secret beside the old one, for a while / 轮换密钥，旧密钥在一段时间内仍有效',
    )
    .option('--overlap-hours <hours>', 'until the old one ends 旧密钥的有效小时数', '24')
    .action((id: string, { overlapHours }: { overlapHours: string }) =>
      operate(read, async (on) => {
        const hours = readNumber(overlapHours, 720)
        if (hours === undefined) throw wrongNumber('--overlap-hours', '0 – 720')
        const rotated = await on.credentials.rotate(id, { overlapSeconds: hours * 3600 })
        if (rotated === 'not_found') throw noCredential(id)
        console.error(
          `${id}: rotated. The old secret counts for ${hours} h more; to end it now: kaimen credentials end ${id} --previous\n${id}：已轮换。旧密钥还有效 ${hours} 小时；立即停用请运行上面的命令。`,
        )
        console.log(rotated.secret.reveal())
      }),
    )

  credentials
    .command('end <credential>')
    .description('refuse it from now on, everywhere within 5 s / 停用，5 秒内全部生效')
    .option('--previous', 'only the secret that was rotated out / 只停用轮换前的旧密钥')
    .action((id: string, { previous }: { previous?: true }) =>
      operate(read, async (on) => {
        const outcome = await on.credentials.end(id, { previous: previous ?? false })
        if (outcome === 'not_found') throw noCredential(id)
        console.error(`${id}: ended / 已停用`)
      }),
    )
}

function readOptions(
  name: string,
  { scopes, expiresDays }: { scopes: string; expiresDays: string },
): CredentialOptions {
  const named = scopes.split(/[\s,]+/).filter(Boolean)
  const known = named.filter((scope): scope is ServiceScope =>
    serviceScopes.some((each) => each === scope),
  )
  if (named.length === 0 || known.length < named.length) {
    const list = serviceScopes.join(',')
    throw refuse(`--scopes has to be some of ${list}.`, `--scopes 只能取自 ${list}。`)
  }
  if (expiresDays === 'never') return { name, scopes: known, expiresInDays: null }
  const days = readNumber(expiresDays, 3650)
  if (!days) throw wrongNumber('--expires-days', '1 – 3650, never')
  return { name, scopes: known, expiresInDays: days }
}

function readNumber(text: string, max: number): number | undefined {
  return /^\d{1,4}$/.test(text) && Number(text) <= max ? Number(text) : undefined
}

const wrongNumber = (name: string, range: string) =>
  refuse(`${name} has to be in this range: ${range}.`, `${name} 的取值范围是：${range}。`)

const noCredential = (id: string) =>
  refuse(
    `${quote(id)}: there is no such credential, or it has ended or expired. kaimen credentials list has them all.`,
    `${quote(id)}：没有这个凭证，或它已停用、已过期。可用 kaimen credentials list 查看。`,
  )
