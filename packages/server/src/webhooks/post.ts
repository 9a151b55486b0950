import { readAtMost } from '../read-at-most.ts'
import type { Clock } from '../clock.ts'
import { secondMs } from '../clock.ts'
import type { Random } from '../random.ts'
import type { WebhookType } from './messages.ts'
import { signBody, type SigningSecrets } from './signature.ts'

type Fetch = typeof globalThis.fetch

/** Where webhooks go, and by whose hand they are signed. */
export type Receiver = {
  readonly url: string
  readonly secrets: SigningSecrets
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random: Random
}

/** The largest reply taken, in bytes. */
const maxReplyBytes = 64 * 1024

/**
 * Posts one signed body.
 *
 * @param timeoutMs For all of it, the reply included.
 * @param read What is wanted of a reply that is 2xx.
 * @throws Where there is no such reply in time. The message names neither the URL nor the body.
 */
export async function postWebhook<Reply>(
  { url, secrets, fetch, clock, random }: Receiver,
  { type, data, timeoutMs }: { type: WebhookType; data: unknown; timeoutMs: number },
  read: (response: Response) => Promise<Reply>,
): Promise<Reply> {
  const nowMs = clock.now()
  const id = `whk_${Buffer.from(random(16)).toString('hex')}`
  const body = JSON.stringify({ id, type, at: new Date(nowMs).toISOString(), data })

  const call = new AbortController()
  const over = new AbortController()
  const late = clock.sleep(timeoutMs, over.signal).then(() => {
    throw new Error(
      `The webhook did not answer ${type} within ${timeoutMs / secondMs} s. See whether your back end is overloaded, or does slow work before it answers`,
    )
  })
  const ask = async () => {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: call.signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'kaimen',
        'kaimen-webhook-id': id,
        'kaimen-signature': signBody(secrets, Math.floor(nowMs / secondMs), body),
      },
      body,
    }).catch((cause: unknown) => {
      throw new Error(
        `The webhook could not be reached for ${type}. See whether your back end runs and the URL is right`,
        { cause },
      )
    })
    if (response.ok) return read(response)
    await discard(response)
    throw new Error(explain(type, response.status))
  }
  const answer = ask()
  // Either may end after nobody waits for it any more.
  for (const each of [late, answer]) each.catch(() => {})
  try {
    return await Promise.race([answer, late])
  } finally {
    over.abort()
    call.abort()
  }
}

function explain(type: WebhookType, status: number): string {
  const answered = `The webhook answered ${type} with ${status}`
  // Elsewhere nobody vouched for who answers: the operator named one address.
  if (status < 400) return `${answered}. Redirects are not followed: name the URL that it leads to`
  return status === 401
    ? `${answered}. Compare KAIMEN_WEBHOOK_SECRET and the clocks on both sides`
    : `${answered}. The log of your back end says why`
}

/** The JSON of a reply; `{}` for 204, which has none. */
export async function readReply(response: Response): Promise<unknown> {
  if (response.status === 204) return {}
  const text = await readText(response)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('The webhook answered with what is not JSON')
  }
}

/** Lets a reply go that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}

async function readText(response: Response): Promise<string> {
  const bytes = await readAtMost(response, maxReplyBytes)
  if (!bytes) throw new Error('The webhook answered with more than 64 KiB')
  return bytes.toString('utf8')
}
