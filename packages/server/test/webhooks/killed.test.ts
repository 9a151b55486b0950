import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { verifyWebhook } from '@kaimen/server/webhooks'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openReceiver, type Received } from '../support/receiver.ts'
import type { WebhooksProcessOptions } from '../support/webhooks-process.ts'

const secret = randomBytes(36).toString('base64')
const script = join(import.meta.dirname, '../support/webhooks-process.ts')

/** The users of the events of one delivery. */
function usersOf(received: Received): string[] {
  // The process has its clock two seconds ahead.
  const webhook = verifyWebhook({ secret, ...received })
  if (webhook.type !== 'events') throw new Error(`not events but ${webhook.type}`)
  return webhook.data.flatMap((event) => ('user_id' in event ? [event.user_id ?? ''] : []))
}

it('whatever was written is delivered in order after kill -9, again rather than never', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-webhooks-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const receiver = await openReceiver()
  const written: string[] = []

  async function start() {
    const options: WebhooksProcessOptions = {
      path: join(folder, 'kaimen.db'),
      secret,
      url: receiver.url,
      first: written.length + 1000 * (rounds + 1),
    }
    const child = spawn(
      process.execPath,
      ['--conditions=@kaimen/source', script, JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const lines = createInterface(child.stdout)
    lines.on('line', (user) => void written.push(user))
    const ended = Promise.all([once(child, 'exit'), once(lines, 'close')])
    return async () => {
      child.kill('SIGKILL')
      await ended
    }
  }

  let rounds = 0
  for (; rounds < 4; rounds++) {
    const before = receiver.received.length
    // Killed before the answer, or when the answer is on its way.
    const answered = rounds % 2 === 0
    const kill = await start()
    onTestFinished(kill)
    await receiver.wait(before + 1)
    const killed = new Promise<void>((resolve) => {
      receiver.answer = (reply) => {
        if (answered) reply.writeHead(204).end(() => resolve())
        else resolve()
      }
    })
    await killed
    await kill()
    receiver.answer = (reply) => void reply.writeHead(204).end()
  }

  const kill = await start()
  onTestFinished(kill)
  const all = [...written]
  expect(all.length).toBeGreaterThan(40)
  const delivered = () => receiver.received.map(usersOf)
  const missing = () => {
    const told = new Set(delivered().flat())
    return all.filter((user) => !told.has(user))
  }
  await vi.waitFor(() => expect(missing()).toEqual([]), { timeout: 15_000 })
  await kill()
  // Each for the first time in the order in which it was written; and some of them twice.
  const firsts = [...new Set(delivered().flat())]
  expect(firsts.filter((user) => all.includes(user))).toEqual(all)
  expect(delivered().flat().length).toBeGreaterThan(firsts.length)
}, 40_000)
