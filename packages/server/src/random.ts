import { randomBytes } from 'node:crypto'

/** Unpredictable bytes, passed in. Only tests give anything but the system's own source. */
export type Random = (size: number) => Uint8Array<ArrayBuffer>

export const systemRandom: Random = randomBytes
