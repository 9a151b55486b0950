// The only door to the emulator: everything else here knows it by its address alone.
export { createEmulator, runWithEmulator } from '../../../packages/emulator/src/index.ts'
export type { Emulator } from '../../../packages/emulator/src/index.ts'
