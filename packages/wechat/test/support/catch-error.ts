type ErrorType<T> = abstract new (...args: never[]) => T

/** The error of `promise`, which must be of `type`. */
export async function catchError<T>(type: ErrorType<T>, promise: Promise<unknown>): Promise<T> {
  try {
    await promise
  } catch (error) {
    if (error instanceof type) return error
    throw error
  }
  throw new Error(`expected a ${type.name}`)
}

/** The error that `act` throws, which must be of `type`. */
export function catchSyncError<T>(type: ErrorType<T>, act: () => unknown): T {
  try {
    act()
  } catch (error) {
    if (error instanceof type) return error
    throw error
  }
  throw new Error(`expected a ${type.name}`)
}
