/**
 * Checks Kaimen's access tokens in any service, from memory.
 *
 *     const verifier = createVerifier({ issuer: 'https://auth.example.com', credential })
 *     const { sub } = await verifier.verify(token)
 *
 * @module
 */
export { createVerifier, type Verifier, type VerifierStatus } from './verifier.ts'
export type { VerifierOptions } from './options.ts'
export type { Claims } from './read-token.ts'
export { ConfigError, VerifyError, type VerifyErrorCode } from './errors.ts'
export type { Clock } from './clock.ts'
export { authenticate, type AuthOptions, type Outcome, type ReadHeader } from './authenticate.ts'
export type { Problem, ProblemReply } from './problem.ts'
