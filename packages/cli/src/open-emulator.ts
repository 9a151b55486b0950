import { join } from 'node:path'
import { createEmulator, type Emulator } from '@kaimen/emulator'
import { naming } from './serve.ts'
import type { Settings } from './settings.ts'

/** As the command takes them. */
export type EmulatorOptions = {
  readonly host?: string
  readonly pushHost?: readonly string[]
}

/**
 * Starts WeChat on its two ports. Its certificate authority is kept, so that it is trusted once
 * only.
 */
export function openEmulator(
  { emulatorPort: port, emulatorTlsPort: tlsPort, dataDir }: Settings,
  { host, pushHost = [] }: EmulatorOptions = {},
): Promise<Emulator> {
  const settings = { [port]: 'KAIMEN_EMULATOR_PORT', [tlsPort]: 'KAIMEN_EMULATOR_TLS_PORT' }
  return naming(settings, () =>
    createEmulator({
      port,
      tlsPort,
      dataDir: authorityDir({ dataDir }),
      pushHosts: pushHost,
      ...(host && { host }),
    }),
  )
}

/** Where the emulator keeps its certificate authority. */
export function authorityDir({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return join(dataDir, 'emulator')
}
