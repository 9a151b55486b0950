// What a test needs and this machine may lack. Skipped aloud; in CI nothing is.

/**
 * Whether tests that need it are skipped, which is told on standard error.
 *
 * @param what With where to get it, as in `redis-server (Debian: redis-server)`.
 * @throws Where it is missing and `CI` is `true`.
 */
export function isSkipped(
  what: string,
  isThere: boolean,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if (isThere) return false
  if (env['CI'] === 'true') throw new Error(`${what} is not installed, and CI skips nothing.`)
  console.error(`${what} is not installed: tests that need it are SKIPPED.`)
  return true
}
