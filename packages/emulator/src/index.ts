/**
 * WeChat, offline.
 *
 * ```ts
 * const emulator = await createEmulator({ port: 0 })
 * await fetch(`${emulator.url}/emulator/world`)
 * await emulator.close()
 * ```
 *
 * @module
 */

export { createEmulator } from './create-emulator.ts'
export type { Emulator, EmulatorOptions } from './create-emulator.ts'

export { runWithEmulator } from './run-with-emulator.ts'
export type { RunOptions } from './run-with-emulator.ts'

export { keepCa } from './tls/keep-authority.ts'

export { seedWorld } from './seed.ts'
export type { SeedAliyunSms, SeedApp, SeedPerson, SeedTencentSms } from './seed.ts'
export type { AppKind } from './world/app.ts'
