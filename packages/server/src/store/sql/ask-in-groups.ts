import { KaimenError } from '../../errors.ts'
import { DatabaseError } from './database-error.ts'
import type { Grouped } from './database.ts'
import { gate } from './gate.ts'

/** Two: while one is being committed, the next is on its way. */
const maxGroups = 2
/** Who finds no room asks alone. */
const maxSize = 500

type Asker<Item, Answer> = {
  readonly item: Item
  resolve(answer: Answer | Promise<Answer>): void
  reject(reason: unknown): void
}

/**
 * Who comes while groups are under way waits for one of them to end, and asks together with all who
 * wait. Who comes when there are none is at once a group.
 *
 * @param limits.waitMs How long a group waits at most; then it is refused.
 */
export function askInGroups<Item, Answer>(
  { keyOf, together, alone }: Grouped<Item, Answer>,
  { waitMs }: { waitMs: number },
): (item: Item) => Promise<Answer> {
  const enter = gate({ size: maxGroups, maxWaiting: 1, waitMs })
  let waiting = new Map<unknown, Asker<Item, Answer>>()

  async function askNext() {
    const leave = await enter().catch(refuse)
    if (!leave) return
    // Whoever comes in this turn of the event loop comes along.
    await new Promise(setImmediate)
    await ask(take()).finally(leave)
  }

  function refuse(cause: unknown) {
    const refusal = new KaimenError('unavailable', { cause, retryAfterSeconds: 1 })
    for (const { reject } of take()) reject(refusal)
  }

  function take(): readonly Asker<Item, Answer>[] {
    const group = [...waiting.values()]
    waiting = new Map()
    return group
  }

  async function ask(group: readonly Asker<Item, Answer>[]) {
    try {
      const answers = await together(group.map(({ item }) => item))
      for (const { item, resolve } of group) resolve(answers.get(keyOf(item)) ?? alone(item))
    } catch (error) {
      for (const { item, resolve, reject } of group) {
        if (isOfAll(error)) reject(error)
        else resolve(alone(item))
      }
    }
  }

  return (item) => {
    const key = keyOf(item)
    if (waiting.has(key) || waiting.size >= maxSize) return alone(item)
    return new Promise((resolve, reject) => {
      waiting.set(key, { item, resolve, reject })
      if (waiting.size === 1) void askNext()
    })
  }
}

/** Of the server, or of nobody: it may even have been done. Else the fault may be one of them. */
function isOfAll(error: unknown): boolean {
  if (!(error instanceof KaimenError)) return false
  return !(error.cause instanceof DatabaseError && error.cause.fault === 'conflict')
}
