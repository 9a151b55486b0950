import { openOperations, type Operations, type OperationsOptions } from '@kaimen/server'
import type { Settings } from './settings.ts'
import { openStore } from './stores.ts'

export type Read = () => Promise<Settings>

/** Does what an operator does, on the store that the settings name, beside servers that run. */
export async function operate(
  read: Read,
  act: (on: Operations) => Promise<void>,
  optionsOf: (settings: Settings) => Omit<OperationsOptions, 'store'> = ({ hooks }) => ({
    deletionDays: hooks.deletionDays,
  }),
): Promise<void> {
  const settings = await read()
  const options = optionsOf(settings)
  const store = await openStore(settings.databaseUrl)
  try {
    await store.migrate()
    await act(openOperations({ store, ...options }))
  } finally {
    await store.close()
  }
}

/** One JSON a line. */
export function printRows(rows: readonly object[]): void {
  for (const row of rows) console.log(JSON.stringify(row))
}

/** What was typed is repeated only where it looks like ids. */
export const quote = (text: string): string => (/^[\w, ]{1,64}$/.test(text) ? text : '(…)')
