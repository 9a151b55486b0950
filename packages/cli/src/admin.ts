import type { AdminRole } from '@kaimen/protocol'
import type { Command } from 'commander'
import { Option } from 'commander'
import { operate, printRows, quote, type Read } from './operate.ts'
import { refuse } from './refuse.ts'
import type { Settings } from './settings.ts'

const roles = ['viewer', 'operator', 'owner'] as const satisfies readonly AdminRole[]

/** `kaimen admin`: who works at the console. A set-up link goes to stdout alone. */
export function addAdminCommand(program: Command, read: Read, environment: string): void {
  const admin = program
    .command('admin')
    .description('who works at the console / 管理控制台的管理员')
    .addHelpText('after', environment)

  admin
    .command('invite')
    .description('a link to set one up; works once, for a day / 生成设置链接，一天内有效，仅用一次')
    .addOption(new Option('--role <role>', 'default 默认 owner').choices(roles).default('owner'))
    .action(async ({ role }: { role: AdminRole }) => {
      const publicUrl = consoleUrl(await read())
      await operate(read, async (on) => {
        const { token } = await on.admins.invite({ role })
        console.error(
          `Whoever opens this link becomes ${role}: give it to nobody else. It works once, for 24 hours.\n打开此链接的人将成为 ${role}，请勿给其他人。链接 24 小时内有效，只能用一次。`,
        )
        console.log(`${publicUrl}/console/#/set-up/${token.reveal()}`)
      })
    })

  admin
    .command('list')
    .description('all, ended ones too; JSON, one a line / 全部管理员，每行一个 JSON')
    .action(() => operate(read, async (on) => printRows(await on.admins.list())))

  admin
    .command('role <admin> <role>')
    .description(`give another role: ${roles.join(', ')} / 更改角色`)
    .action((id: string, text: string) =>
      operate(read, async (on) => {
        const role = roles.find((each) => each === text)
        if (!role) throw noRole()
        refuseOutcome(await on.admins.setRole(id, role), id)
        console.log(`${id}: ${role}`)
      }),
    )

  admin
    .command('end <admin>')
    .description('they sign in no more / 停用管理员')
    .action((id: string) =>
      operate(read, async (on) => {
        refuseOutcome(await on.admins.end(id), id)
        console.log(`${id}: ended`)
      }),
    )
}

/** Where the console is: as `kaimen dev` has it, where the settings do not say. */
const consoleUrl = ({ publicUrl, port }: Settings): string =>
  (publicUrl ?? `http://127.0.0.1:${port}`).replace(/\/+$/, '')

function refuseOutcome(outcome: string, id: string): void {
  if (outcome === 'not_found') {
    throw refuse(
      `${quote(id)}: there is no such administrator, or they have ended. kaimen admin list has them all.`,
      `${quote(id)}：没有这个管理员，或已停用。可用 kaimen admin list 查看。`,
    )
  }
  if (outcome !== 'last_owner') return
  throw refuse(
    `${quote(id)} is the last owner, so nothing was changed. Make another one first: kaimen admin invite --role owner.`,
    `${quote(id)} 是最后一位所有者，没有做任何更改。请先增加一位：kaimen admin invite --role owner。`,
  )
}

const noRole = () =>
  refuse(`The role has to be one of ${roles.join(', ')}.`, `角色只能是 ${roles.join('、')} 之一。`)
