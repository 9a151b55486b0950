import { AuthError } from '../../src/index.ts'

/** The {@link AuthError} that the promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<AuthError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof AuthError) return error
    throw error
  }
  throw new Error('It did not reject.')
}
