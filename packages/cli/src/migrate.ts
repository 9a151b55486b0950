import type { Settings } from './settings.ts'
import { openStore } from './stores.ts'

/** `kaimen migrate`: may be repeated, and run beside a server. */
export async function migrate({ databaseUrl }: Settings): Promise<void> {
  const store = await openStore(databaseUrl)
  try {
    const { applied } = await store.migrate()
    console.log(
      applied.length > 0
        ? `Applied: ${applied.join(', ')}`
        : 'Nothing to apply: the database is up to date.',
    )
  } finally {
    await store.close()
  }
}
