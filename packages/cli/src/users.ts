import type { Command } from 'commander'
import { operate, printRows, quote, type Read } from './operate.ts'
import { refuse } from './refuse.ts'

/** `kaimen users`: what an operator does with accounts, beside a server that runs. */
export function addUsersCommand(program: Command, read: Read, environment: string): void {
  const users = program
    .command('users')
    .description(
      'disable, delete, merge accounts; the audit log / 停用、注销、合并账号，查看审计日志',
    )
    .addHelpText('after', environment)

  const acts = [
    ['disable', 'disabled', 'refuse the user by every way in / 停用，拒绝所有登录方式'],
    ['enable', 'enabled', 'let the user in again / 恢复使用'],
    ['delete', 'deleted', 'delete the account, gone after deletionDays / 注销账号，宽限期后清除'],
    ['restore', 'restored', 'take a deletion back that is not yet done / 撤销尚未清除的注销'],
  ] as const
  for (const [name, done, description] of acts) {
    users
      .command(`${name} <user>`)
      .description(description)
      .action((id: string) =>
        operate(read, async (on) => {
          if ((await on.users[name](id)) === 'not_found') throw noUser(id)
          console.log(`${id}: ${done}`)
        }),
      )
  }

  users
    .command('merge <from> <into>')
    .description('make two accounts one; undone within 30 days / 合并两个账号，30 天内可撤销')
    .action((from: string, into: string) =>
      operate(read, async (on) => {
        const merge = await on.users.merge({ from, into })
        if (merge.outcome === 'same_app') throw twoPeople()
        if (merge.outcome !== 'merged') throw noUser(`${from}, ${into}`)
        console.log(`${from} is ${into} now. To undo: kaimen users undo-merge ${merge.merge_id}`)
      }),
    )
  users
    .command('undo-merge <merge>')
    .description('give back what a merge took / 撤销合并')
    .action((id: string) =>
      operate(read, async (on) => {
        if ((await on.users.undoMerge(id)) === 'not_found') throw noMerge(id)
        console.log(`${id}: undone`)
      }),
    )

  const lists = [
    ['conflicts', 'pairs who may be one person / 可能是同一人的账号'],
    ['merges', 'merges that were done / 已做的合并'],
  ] as const
  for (const [name, description] of lists) {
    users
      .command(name)
      .description(`${description}; JSON, one a line / 每行一个 JSON`)
      .option('--after <id>', 'where the list before ended / 上一页的最后一个 id')
      .action(({ after }: { after?: string }) =>
        operate(read, async (on) => {
          const page = { ...(after !== undefined && { after }), limit: 1000 }
          printRows(await (name === 'merges' ? on.users.merges(page) : on.conflicts.list(page)))
        }),
      )
  }
  users
    .command('dismiss <conflict>')
    .description('leave the two of a conflict apart / 忽略一个冲突')
    .action((id: string) =>
      operate(read, async (on) => {
        if ((await on.conflicts.dismiss(id)) === 'not_found') throw noConflict(id)
        console.log(`${id}: dismissed`)
      }),
    )
  users
    .command('events [user]')
    .description('the audit log; JSON, one a line / 审计日志，每行一个 JSON')
    .option('--after <id>', 'where the list before ended / 上一页的最后一个 id')
    .action((user_id: string | undefined, { after }: { after?: string }) =>
      operate(read, async (on) => {
        const ofUser = { ...(user_id !== undefined && { user_id }) }
        const page = { ...(after !== undefined && { after }), limit: 1000 }
        printRows(await on.events.list({ ...ofUser, ...page }))
      }),
    )
}

const noUser = (id: string) =>
  refuse(
    `${quote(id)}: there is no such user, or not in a state for this. Ids are as in usr_0akg5je1000; kaimen users events tells what happened.`,
    `${quote(id)}：没有这个用户，或其状态不允许此操作。编号形如 usr_0akg5je1000；可用 kaimen users events 查看经过。`,
  )

const noMerge = (id: string) =>
  refuse(
    `${quote(id)}: there is no such merge, it was undone, or its 30 days are over.`,
    `${quote(id)}：没有这次合并，或已撤销，或已超过 30 天。`,
  )

const noConflict = (id: string) =>
  refuse(`${quote(id)}: there is no such conflict.`, `${quote(id)}：没有这个冲突。`)

const twoPeople = () =>
  refuse(
    'Both have an identity of their own in one app, so they are two people to WeChat. Unlink one of the two first.',
    '两个账号在同一应用中各有身份，对微信来说是两个人。请先解绑其中一个。',
  )
