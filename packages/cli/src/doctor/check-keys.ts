import {
  ConfigError,
  createAuth,
  openOperations,
  type Clock,
  type Operations,
  type StoredSigningKey,
} from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import type { Settings } from '../settings.ts'
import { fine } from './check-machine.ts'
import { blocked, failed, ok, say, skipped, type Finding } from './finding.ts'

/** Servers look whether a key has to move every ten minutes. */
const lateMs = 3_600_000

/**
 * Whether access tokens are signed with keys that open and move on. The keys are looked at in a
 * store of memory, so that nothing is written where they came from.
 *
 * @param stored `undefined`: they could not be read.
 */
export async function checkKeys(
  stored: readonly StoredSigningKey[] | undefined,
  { secret, hooks: { accessTokenSeconds, signingKeys } }: Pick<Settings, 'secret' | 'hooks'>,
  clock: Clock,
): Promise<Finding> {
  const store = createMemoryStore(clock)
  for (const key of stored ?? []) await store.addSigningKey(key)
  const operations = openUnlessWrong({ store, clock, accessTokenSeconds, signingKeys })
  if (typeof operations === 'string') return contradiction(operations)
  if (!stored) return blocked('signing_keys')
  if (stored.length === 0) return noneYet
  if (secret === undefined) return blocked('signing_keys')

  const keys = await operations.keys.list()
  const refusal = await refusalToOpen(secret, store, clock)
  if (refusal) return /sealed under another/.test(refusal) ? sealedElse : blocked('signing_keys')

  const [next, current] = ['next', 'current'].map((slot) => keys.find((key) => key.slot === slot))
  const due = current?.moves_at?.getTime()
  if (due === undefined) return ok('signing_keys', onlyByHand)
  const ripe = next?.moves_at?.getTime() ?? due
  if (clock.now() > Math.max(due, ripe) + lateMs) return overdue(new Date(due))
  const day = new Date(Math.max(due, ripe)).toISOString().slice(0, 10)
  return ok(
    'signing_keys',
    say(
      `The signing keys open with KAIMEN_SECRET; the next one signs from ${day} on.`,
      `签名密钥可用 KAIMEN_SECRET 解开；下一个密钥将于 ${day} 启用。`,
    ),
  )
}

/** @returns What is wrong with the intervals, where they contradict one another. */
function openUnlessWrong(options: Parameters<typeof openOperations>[0]): Operations | string {
  try {
    return openOperations(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

async function refusalToOpen(
  secret: string,
  store: ReturnType<typeof createMemoryStore>,
  clock: Clock,
): Promise<string | undefined> {
  try {
    const auth = createAuth({ ...fine, secret, store, clock })
    try {
      await auth.ready()
    } finally {
      await auth.close()
    }
    return undefined
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const contradiction = (message: string) =>
  failed(
    'signing_keys',
    say(
      `The intervals of signing keys do not fit together: ${message}`,
      `签名密钥的各个时间互相矛盾：${message}`,
    ),
    say(
      'Correct signingKeys or accessTokenSeconds in kaimen.config.ts; leave out what you do not need to change.',
      '请更正 kaimen.config.ts 中的 signingKeys 或 accessTokenSeconds；不需要改的可以不写。',
    ),
  )

const noneYet = skipped(
  'signing_keys',
  say(
    'There are no signing keys yet: the server makes them when it starts.',
    '还没有签名密钥：服务端启动时会生成。',
  ),
)

const sealedElse = failed(
  'signing_keys',
  say(
    'A signing key was sealed under another KAIMEN_SECRET: the server cannot sign with it.',
    '有签名密钥是用另一个 KAIMEN_SECRET 加密的：服务端无法用它签名。',
  ),
  say(
    'Put the old secret back behind the new one, as in KAIMEN_SECRET=2:new,1:old. If it is lost, nobody’s session can be read: see docs/signing-keys.md.',
    '请把旧密钥放在新密钥之后，写作 KAIMEN_SECRET=2:新,1:旧。若已丢失，所有会话都无法读取，见 docs/signing-keys.zh-CN.md。',
  ),
)

const onlyByHand = say(
  'The signing keys open with KAIMEN_SECRET; they are rotated only by kaimen keys rotate.',
  '签名密钥可用 KAIMEN_SECRET 解开；只通过 kaimen keys rotate 轮换。',
)

const overdue = (due: Date) =>
  failed(
    'signing_keys',
    say(
      `The key that signs was to be followed by the next on ${due.toISOString().slice(0, 10)}, and still signs.`,
      `正在签名的密钥应于 ${due.toISOString().slice(0, 10)} 轮换，但仍在使用。`,
    ),
    say(
      'A running server does it within ten minutes: see that one runs with this configuration, and what its log says. Or run kaimen keys rotate.',
      '运行中的服务端会在十分钟内轮换：请确认有服务端以此配置运行，并查看其日志；或运行 kaimen keys rotate。',
    ),
  )
