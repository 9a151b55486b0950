import { join } from 'node:path'
import { createEmulator, type Emulator } from '@kaimen/emulator'
import { naming } from './serve.ts'
import type { Settings } from './settings.ts'

/**
 * Starts WeChat on its two ports. Its certificate authority is kept, so that it is trusted once
 * only.
 */
export function openEmulator(
  { emulatorPort: port, emulatorTlsPort: tlsPort, dataDir }: Settings,
  host?: string,
): Promise<Emulator> {
  const settings = { [port]: 'KAIMEN_EMULATOR_PORT', [tlsPort]: 'KAIMEN_EMULATOR_TLS_PORT' }
  return naming(settings, () =>
    createEmulator({ port, tlsPort, dataDir: join(dataDir, 'emulator'), ...(host && { host }) }),
  )
}
