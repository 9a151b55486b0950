// Writes events and delivers them until it is killed.
// Usage: webhooks-process.ts '{"path": …, "secret": …, "url": …}'
// Prints the user of each event that is written for good.

import { systemClock, type AuthEvent } from '@kaimen/server'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { createWebhooks } from '@kaimen/server/webhooks'
import { setTimeout } from 'node:timers/promises'
import { stampEvent } from '../../src/events.ts'
import { formatId } from '../../src/id.ts'

export type WebhooksProcessOptions = { path: string; secret: string; url: string; first: number }

const { path, secret, url, first } = JSON.parse(process.argv[2] ?? '') as WebhooksProcessOptions
const store = createSqlStore(openSqlite(path), systemClock)
await store.migrate()
// Events settle at once here: the test is of what is killed, and one process alone writes.
const clock = { ...systemClock, now: () => Date.now() + 2000 }
const webhooks = createWebhooks({ url, secret, clock })
await webhooks.deliver({ store, ephemeral: createMemoryEphemeralStore(systemClock) })
for (let number = first; ; number++) {
  const told: AuthEvent = { kind: 'data_exported', user_id: formatId('usr', number) }
  await store.addEvent(stampEvent({ store, clock: systemClock }, told))
  process.stdout.write(`${told.user_id}\n`)
  await setTimeout(3)
}
