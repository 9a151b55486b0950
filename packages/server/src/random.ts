import { randomBytes } from 'node:crypto'

/** Unpredictable bytes, passed in. Only tests give anything but the system's own source. */
export type Random = (size: number) => Uint8Array<ArrayBuffer>

/** Bytes asked of the system at a time: one request to it costs more than what most callers want. */
const poolSize = 4096
let pool = randomBytes(0)

export const systemRandom: Random = (size) => {
  if (size > pool.length) pool = randomBytes(Math.max(size, poolSize))
  const bytes = new Uint8Array(size)
  bytes.set(pool.subarray(0, size))
  // What was given out is wiped, so that a later look at this process's memory finds it once at most.
  pool.fill(0, 0, size)
  pool = pool.subarray(size)
  return bytes
}
